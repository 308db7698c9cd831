using System.Collections.Immutable;

namespace Interop.Fhir.Validation;

/// <summary>Collects the issues of one resource and tracks the current location. Allocates nothing until there is an issue.</summary>
internal sealed class IssueLog
{
    private readonly List<ValidationIssue> _issues = [];
    private readonly List<(string Name, int Index)> _path = [];
    private int _maxIssues;
    private int _leftOut;

    public bool HasErrors { get; private set; }

    public void Begin(int maxIssues)
    {
        _maxIssues = maxIssues;
        _leftOut = 0;
        _issues.Clear();
        _path.Clear();
        HasErrors = false;
    }

    public void Enter(string name) => _path.Add((name, -1));

    public void Leave() => _path.RemoveAt(_path.Count - 1);

    /// <summary>Names the repetition of the element entered last.</summary>
    public void At(int index) => _path[^1] = (_path[^1].Name, index);

    public void Error(string code, string text) => Add(IssueSeverity.Error, code, null, text);

    public void Warning(string code, string text) => Add(IssueSeverity.Warning, code, null, text);

    /// <summary>An error at a child of the current location.</summary>
    public void ErrorAt(string child, string code, string text) => Add(IssueSeverity.Error, code, child, text);

    public ImmutableArray<ValidationIssue> ToIssues()
    {
        if (_issues.Count == 0)
            return [];
        if (_leftOut > 0)
        {
            _issues.Add(
                new ValidationIssue(
                    IssueSeverity.Information,
                    IssueCode.TooCostly,
                    _issues[0].Location.Split('.', '[')[0],
                    $"{_leftOut} more issues are not listed; the first {_maxIssues} are."
                )
            );
        }

        return [.. _issues];
    }

    /// <summary>Adds issues that a checker found.</summary>
    public void AddRange(List<ValidationIssue> issues)
    {
        foreach (var issue in issues)
            Add(issue.Severity, () => issue);
    }

    private void Add(IssueSeverity severity, string code, string? child, string text) =>
        Add(severity, () => new ValidationIssue(severity, code, Location(child), text));

    private void Add(IssueSeverity severity, Func<ValidationIssue> issue)
    {
        HasErrors |= severity == IssueSeverity.Error;
        if (_issues.Count < _maxIssues)
            _issues.Add(issue());
        else
            _leftOut++;
    }

    private string Location(string? child)
    {
        var location = new System.Text.StringBuilder();
        foreach (var (name, index) in _path)
        {
            if (location.Length > 0)
                location.Append('.');
            location.Append(name);
            if (index >= 0)
                location.Append('[').Append(index).Append(']');
        }

        if (child is not null)
            location.Append(location.Length > 0 ? "." : "").Append(child);
        return location.ToString();
    }
}
