using Interop.Sandbox.Fhir;

namespace Interop.Sandbox.SyntheticData;

/// <summary>
/// The synthetic resources of one type. A resource is a pure function of the seed and its number, so it is rendered when it is asked for:
/// a million observations cost the memory of their commit times, not of their text.
/// </summary>
internal abstract class SyntheticType(string name, string idPrefix, ulong stream, int count, SandboxOptions options) : SeededType
{
    private readonly long[] _commitTimes = CommitTimes.Generate(options.Seed, stream, count, options.StartOfData, options.EndOfData);

    public override string Name => name;

    public override int Count => count;

    protected SandboxOptions Options => options;

    public override long CommitTicks(int number) => _commitTimes[number];

    public override Utf8Builder AppendId(int number, Utf8Builder text) => text.Append(idPrefix).Append(number + 1L);

    public override string Id(int number) => $"{idPrefix}{number + 1}";

    public override bool TryParseId(string id, out int number)
    {
        number = -1;
        if (
            !id.StartsWith(idPrefix, StringComparison.Ordinal)
            || !int.TryParse(id.AsSpan(idPrefix.Length), out var parsed)
            || parsed < 1
            || parsed > count
        )
            return false;
        number = parsed - 1;
        return id == Id(number); // "pat-007" and "pat-+7" parse as numbers too, but they are not ids
    }

    /// <summary>One resource in every 1/BadShare is bad, and the kinds take turns, so that small data has them as well.</summary>
    public override Defect DefectOf(int number)
    {
        if (!OnePerBlock(number, options.BadShare, 0xBAD, out var block))
            return Defect.None;
        var kinds = Defects.KindsOf(name);
        return kinds[block % kinds.Length];
    }

    public bool IsPatientMissing(int number) =>
        name != "Patient" && OnePerBlock(number, options.MissingPatientShare, 0x1057, out _) && DefectOf(number) == Defect.None;

    public bool HasLastUpdated(int number) => !OnePerBlock(number, options.NoLastUpdatedShare, 0x2007, out _);

    public override void Render(int number, Utf8Builder text)
    {
        var defect = DefectOf(number);
        if (defect == Defect.None)
            RenderGood(number, text);
        else
            text.Append(Defects.Apply(RenderGoodBytes(number), defect, out _));
    }

    public override byte[] RenderGoodBytes(int number)
    {
        var builder = Utf8Builder.Rent();
        RenderGood(number, builder);
        var bytes = builder.Span.ToArray();
        builder.Return();
        return bytes;
    }

    protected abstract void AppendElements(int number, ref SplitMix random, Utf8Builder text);

    private void RenderGood(int number, Utf8Builder text)
    {
        var random = SplitMix.For(options.Seed, stream, number);
        text.Append("{\"resourceType\":\""u8).Append(name).Append("\",\"id\":\""u8);
        AppendId(number, text).Append("\",\"meta\":{\"versionId\":\"1\""u8);
        if (HasLastUpdated(number))
        {
            text.Append(",\"lastUpdated\":\""u8);
            CommitTimes.AppendText(_commitTimes[number], ref random, text);
            text.Append("\""u8);
        }
        text.Append("},"u8);
        AppendElements(number, ref random, text);
        text.Append("}"u8);
    }

    protected bool OnePerBlock(int number, double share, ulong salt, out int block)
    {
        block = 0;
        if (share <= 0)
            return false;
        var size = (int)Math.Max(1, Math.Min(int.MaxValue, Math.Round(1 / share)));
        block = number / size;
        // A type that is smaller than one block still gets one resource, so that small data has it as well.
        var within = (int)Math.Min(size, count - (long)block * size);
        if (within < size && block > 0)
            within = size;
        return number % size == SplitMix.For(options.Seed, stream ^ salt, block).Next(within);
    }
}
