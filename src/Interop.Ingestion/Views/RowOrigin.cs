namespace Interop.Ingestion.Views;

/// <summary>What every normalized row has beside its view's columns.</summary>
internal readonly record struct RowOrigin(string Source, string Id, long RunId, DateTimeOffset LoadedAt, ReadOnlyMemory<byte> Raw);
