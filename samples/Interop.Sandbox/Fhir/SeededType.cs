using Interop.Sandbox.SyntheticData;

namespace Interop.Sandbox.Fhir;

/// <summary>Resources of one type that are rendered from a seed and a number when they are asked for, instead of being stored.</summary>
internal abstract class SeededType
{
    public abstract string Name { get; }

    public abstract int Count { get; }

    public abstract long CommitTicks(int number);

    /// <summary>The number of the patient that the resource belongs to; null for a resource without a patient or with one that is not on
    /// the server.</summary>
    public abstract int? PatientOf(int number);

    public abstract string Id(int number);

    public abstract bool TryParseId(string id, out int number);

    /// <summary>Version 1 of the resource, with its defect if it has one.</summary>
    public abstract void Render(int number, Utf8Builder text);

    public virtual Utf8Builder AppendId(int number, Utf8Builder text) => text.Append(Id(number));

    public virtual Defect DefectOf(int number) => Defect.None;

    /// <summary>The resource as it would be without its defect.</summary>
    public virtual byte[] RenderGoodBytes(int number)
    {
        var builder = Utf8Builder.Rent();
        Render(number, builder);
        var bytes = builder.Span.ToArray();
        builder.Return();
        return bytes;
    }
}
