namespace Interop.Fhir.Views;

/// <summary>
/// A ViewDefinition cannot be used. <see cref="Place"/> is the path inside the view (<c>select[0].column[2].path</c>), empty for the
/// view as a whole.
/// </summary>
public sealed class ViewDefinitionException : Exception
{
    /// <summary>Creates the error of a place inside the view.</summary>
    public ViewDefinitionException(string place, string reason, Exception? inner = null)
        : base(place.Length == 0 ? reason : $"{place}: {reason}", inner)
    {
        Place = place;
        Reason = reason;
    }

    /// <summary>The path inside the view, empty for the view as a whole.</summary>
    public string Place { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Reason { get; }
}

/// <summary>The values of a resource do not fit the columns of a view, or the evaluation exceeds its limits.</summary>
public sealed class ViewEvaluationException : Exception
{
    /// <summary>Creates the error of a column or a place inside the view.</summary>
    public ViewEvaluationException(string place, string reason, Exception? inner = null)
        : base($"{place}: {reason}", inner)
    {
        Place = place;
        Reason = reason;
    }

    /// <summary>The column's name, or the place in the view of what is no column.</summary>
    public string Place { get; }

    /// <summary>What is wrong, without the place.</summary>
    public string Reason { get; }
}
