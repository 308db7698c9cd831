using Interop.Storage.Spooling;

namespace Interop.Telemetry.Tests.Spooling;

/// <summary>A disk that can become full: a write then stops in the middle, as it does on a real one.</summary>
internal sealed class FailingDisk
{
    public bool IsFull { get; set; }

    public SpoolFile Open(string path, FileMode mode) => new FailingFile(this, path, mode);

    private sealed class FailingFile(FailingDisk disk, string path, FileMode mode) : SpoolFile(path, mode)
    {
        public override void Write(ReadOnlySpan<byte> bytes, long position)
        {
            if (!disk.IsFull)
            {
                base.Write(bytes, position);
                return;
            }

            base.Write(bytes[..(bytes.Length / 2)], position);
            throw new IOException("No space left on device");
        }
    }
}
