using System.Buffers;
using System.Diagnostics;
using System.Globalization;
using System.IO.Pipelines;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;

namespace Interop.Api.Http;

/// <summary>
/// Gives a body to the answers of Kestrel itself: to requests that it cannot parse (400), and to request lines and headers above its own
/// limits (414, 431). Such a request reaches no middleware. Kestrel announces it as a diagnostic event before it answers: the answer is
/// written to the connection then, and Kestrel's own, without a body, is discarded. On a connection with TLS Kestrel's own answer is sent.
/// </summary>
public sealed class BadRequestAnswers : IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private BadRequestAnswers() { }

    /// <summary>Connection middleware: makes the output of the connection replaceable.</summary>
    public static ConnectionDelegate Connection(ConnectionDelegate next) =>
        connection =>
        {
            var output = new ReplaceableOutput(connection.Transport);
            connection.Transport = output;
            connection.Features.Set(output);
            return next(connection);
        };

    /// <summary>Answers the bad requests of the server that writes to this listener.</summary>
    internal static void Use(DiagnosticListener listener) =>
        listener.Subscribe(new BadRequestAnswers(), (name, _, _) => name == BadRequest);

    void IObserver<KeyValuePair<string, object?>>.OnNext(KeyValuePair<string, object?> value)
    {
        if (
            value.Key == BadRequest
            && value.Value is IFeatureCollection features
            && features.Get<IHttpResponseFeature>() is { HasStarted: false }
            && features.Get<ITlsConnectionFeature>() is null
            && features.Get<ReplaceableOutput>() is { } output
        )
            output.Replace(Answer(features.Get<IBadRequestExceptionFeature>()?.Error as BadHttpRequestException));
    }

    void IObserver<KeyValuePair<string, object?>>.OnCompleted() { }

    void IObserver<KeyValuePair<string, object?>>.OnError(Exception error) { }

    private static byte[] Answer(BadHttpRequestException? error)
    {
        var status = error?.StatusCode ?? StatusCodes.Status400BadRequest;
        var title = ReasonPhrases.GetReasonPhrase(status);
        var id = Guid.NewGuid().ToString("N");
        var body = JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                type = $"https://httpstatuses.io/{status}",
                title,
                status,
                detail = $"the request cannot be read: {Reason(status)}",
                traceId = id,
            }
        );
        var headers = new HeaderDictionary
        {
            ["Content-Type"] = "application/problem+json",
            ["Content-Length"] = body.Length.ToString(CultureInfo.InvariantCulture),
            ["Connection"] = "close",
            ["Date"] = DateTimeOffset.UtcNow.ToString("R", CultureInfo.InvariantCulture),
        };
        ResponseHeaders.Set(headers, id);
        var text = string.Concat(headers.Select(header => $"{header.Key}: {header.Value}\r\n"));
        return [.. Encoding.ASCII.GetBytes($"HTTP/1.1 {status} {title}\r\n{text}\r\n"), .. body];
    }

    // Not Kestrel's message, which repeats a part of the request.
    private static string Reason(int status) =>
        status switch
        {
            StatusCodes.Status408RequestTimeout => "it did not arrive completely in time",
            StatusCodes.Status413PayloadTooLarge => "its body is too long",
            StatusCodes.Status414UriTooLong => "its path and query are too long",
            StatusCodes.Status431RequestHeaderFieldsTooLarge => "its headers are too long",
            StatusCodes.Status505HttpVersionNotsupported => "its version of HTTP is not supported",
            _ => "its request line, a header or its body is not valid HTTP/1.1",
        };

    /// <summary>The transport of a connection. Its output passes everything on until it is replaced.</summary>
    private sealed class ReplaceableOutput(IDuplexPipe transport) : PipeWriter, IDuplexPipe
    {
        private const int DiscardedBytes = 4096;

        private readonly PipeWriter _output = transport.Output;
        private byte[]? _discarded; // where what is written after the replacement goes

        public PipeReader Input => transport.Input;

        public PipeWriter Output => this;

        public override bool CanGetUnflushedBytes => _output.CanGetUnflushedBytes;

        public override long UnflushedBytes => _output.UnflushedBytes;

        /// <summary>Writes the last bytes of the connection and discards what is written afterwards.</summary>
        public void Replace(ReadOnlySpan<byte> last)
        {
            _output.Write(last);
            _ = _output.FlushAsync().AsTask(); // Kestrel completes the output, which flushes it too
            _discarded = new byte[DiscardedBytes];
        }

        public override void Advance(int bytes)
        {
            if (_discarded is null)
                _output.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0) => _discarded is null ? _output.GetMemory(sizeHint) : Discarded(sizeHint);

        public override Span<byte> GetSpan(int sizeHint = 0) => _discarded is null ? _output.GetSpan(sizeHint) : Discarded(sizeHint);

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default) =>
            _discarded is null ? _output.FlushAsync(cancellationToken) : default;

        public override ValueTask<FlushResult> WriteAsync(ReadOnlyMemory<byte> source, CancellationToken cancellationToken = default) =>
            _discarded is null ? _output.WriteAsync(source, cancellationToken) : default;

        public override void CancelPendingFlush() => _output.CancelPendingFlush();

        public override void Complete(Exception? exception = null) => _output.Complete(exception);

        public override ValueTask CompleteAsync(Exception? exception = null) => _output.CompleteAsync(exception);

        private byte[] Discarded(int sizeHint) => _discarded!.Length >= sizeHint ? _discarded : _discarded = new byte[sizeHint];
    }
}
