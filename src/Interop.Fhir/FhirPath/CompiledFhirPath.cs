using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Syntax;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.Json;

namespace Interop.Fhir.FhirPath;

/// <summary>A compiled expression. Safe for any number of threads.</summary>
public sealed class CompiledFhirPath
{
    private readonly RootType _rootType;

    internal CompiledFhirPath(string text, Expression tree, Operation operation, IFhirTypeModel model)
    {
        Text = text;
        Tree = tree;
        Operation = operation;
        TypeModel = model;
        _rootType = new RootType(model);
    }

    /// <summary>The expression as it was written.</summary>
    public string Text { get; }

    /// <summary>The types that the expression was compiled against.</summary>
    public IFhirTypeModel TypeModel { get; }

    internal Expression Tree { get; }

    internal Operation Operation { get; }

    /// <summary>Evaluates the expression on a resource. The result is never null.</summary>
    /// <exception cref="FhirPathException">The expression does not accept the data, or the evaluation exceeds its limits.</exception>
    public IReadOnlyList<FhirPathNode> Evaluate(JsonElement resource, EvaluationContext? context = null) =>
        Evaluate(NodeOf(resource), context);

    /// <summary>Evaluates the expression on an element or computed value.</summary>
    public IReadOnlyList<FhirPathNode> Evaluate(in FhirPathNode input, EvaluationContext? context = null)
    {
        var e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.SetInput(input);
            return Operation.ToArray(e);
        }
        catch (InvalidOperationException error) when (LoneSurrogate.IsCause(error))
        {
            throw FhirPathException.Execution(LoneSurrogate.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <summary>Evaluates an expression that needs no input.</summary>
    public IReadOnlyList<FhirPathNode> Evaluate(EvaluationContext? context = null)
    {
        var e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.ClearInput();
            return Operation.ToArray(e);
        }
        catch (InvalidOperationException error) when (LoneSurrogate.IsCause(error))
        {
            throw FhirPathException.Execution(LoneSurrogate.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <summary>The result as a condition: null for empty; one item that is no boolean counts as true (FHIRPath 2.0, 4.5).</summary>
    /// <exception cref="FhirPathException">The result has several items, or the expression does not accept the data.</exception>
    public bool? Test(in FhirPathNode input, EvaluationContext? context = null)
    {
        var e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.SetInput(input);
            return Operation.Test(e);
        }
        catch (InvalidOperationException error) when (LoneSurrogate.IsCause(error))
        {
            throw FhirPathException.Execution(LoneSurrogate.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <inheritdoc cref="Test(in FhirPathNode, EvaluationContext?)"/>
    public bool? Test(JsonElement resource, EvaluationContext? context = null) => Test(NodeOf(resource), context);

    /// <summary>The result where it is one item, false where it is empty.</summary>
    /// <exception cref="FhirPathException">The result has several items, or the expression does not accept the data.</exception>
    public bool TryEvaluateScalar(JsonElement resource, out FhirPathNode value, EvaluationContext? context = null)
    {
        var e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.SetInput(NodeOf(resource));
            return Operation.TryEvaluateSingle(e, out value);
        }
        catch (InvalidOperationException error) when (LoneSurrogate.IsCause(error))
        {
            throw FhirPathException.Execution(LoneSurrogate.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <summary>A resource as a node of this expression's model. An object that is not a resource of the model has no elements.</summary>
    public FhirPathNode NodeOf(JsonElement resource) => FhirPathNode.FromJson(resource, _rootType.Of(resource));

    /// <inheritdoc/>
    public override string ToString() => Text;
}
