namespace Interop.Tests;

/// <summary>A test over a folder of <see cref="PublishedData"/>, skipped with the reason when the folder is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class DataFactAttribute : FactAttribute
{
    public DataFactAttribute(string folder)
    {
        if (PublishedData.Find(folder) is null)
            Skip = PublishedData.WhyNot(folder);
    }
}
