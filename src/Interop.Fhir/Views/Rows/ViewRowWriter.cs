using System.IO.Pipelines;

namespace Interop.Fhir.Views.Rows;

/// <summary>
/// Writes rows as UTF-8 text to a pipe: a response's body, or a file's stream through
/// <see cref="PipeWriter.Create(Stream, StreamPipeWriterOptions?)"/>.
/// Rows are buffered in the pipe. The caller calls <see cref="FlushWhenFullAsync"/> between rows, so that memory stays flat and
/// no call waits inside a row, and <see cref="FlushAsync"/> at the end. A view that fails leaves its row unfinished: put
/// <see cref="HeldRows"/> between the two.
/// </summary>
/// <param name="output">The caller owns it: it is neither completed nor disposed here.</param>
public abstract class ViewRowWriter(PipeWriter output) : IViewRowSink, IDisposable
{
    private const long FullBytes = 64 * 1024;

    /// <summary>The media type of what is written.</summary>
    public abstract string MediaType { get; }

    /// <summary>The pipe that is written to.</summary>
    protected PipeWriter Output { get; } = output;

    /// <summary>Flushes when more than 64 KiB are buffered.</summary>
    public ValueTask FlushWhenFullAsync(CancellationToken cancellationToken) =>
        Output.UnflushedBytes < FullBytes ? default : FlushAsync(cancellationToken);

    /// <summary>Flushes everything written so far.</summary>
    public async ValueTask FlushAsync(CancellationToken cancellationToken)
    {
        Gather();
        await Output.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public abstract void BeginRow();

    /// <inheritdoc/>
    public abstract void Null();

    /// <inheritdoc/>
    public abstract void Boolean(bool value);

    /// <inheritdoc/>
    public abstract void Integer(long value);

    /// <inheritdoc/>
    public abstract void Numeric(ReadOnlySpan<byte> digits);

    /// <inheritdoc/>
    public abstract void Text(ReadOnlySpan<byte> utf8);

    /// <inheritdoc/>
    public abstract void Json(ReadOnlySpan<byte> utf8);

    /// <inheritdoc/>
    public abstract void EndRow();

    /// <summary>Releases the buffers. Rows since the last flush may be lost.</summary>
    public abstract void Dispose();

    /// <summary>Moves rows buffered by the writer into the pipe.</summary>
    private protected virtual void Gather() { }
}
