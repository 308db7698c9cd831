using System.Collections.Immutable;
using Microsoft.Extensions.Options;

namespace Interop.Ingestion.Views;

/// <summary>A ViewDefinition file that is not used, and why.</summary>
internal sealed record RefusedView(string File, string Reason);

/// <summary>The user's own ViewDefinitions: every <c>*.json</c> of <see cref="ViewOptions.Directory"/>.</summary>
internal sealed class ViewFiles(IOptions<ViewOptions> options)
{
    /// <summary>The files that were refused at start.</summary>
    public ImmutableArray<RefusedView> Refused { get; set; } = [];

    /// <summary>The files in the order of their names, each with its text or the reason why it cannot be read.</summary>
    public IEnumerable<(string File, string? Text, string? Problem)> Read()
    {
        if (options.Value.Directory is not { Length: > 0 } directory)
            yield break;
        foreach (var file in Directory.EnumerateFiles(directory, "*.json").Order(StringComparer.Ordinal))
        {
            string? text = null,
                problem = null;
            try
            {
                text = File.ReadAllText(file);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                problem = $"cannot be read: {e.Message}";
            }

            yield return (file, text, problem);
        }
    }
}
