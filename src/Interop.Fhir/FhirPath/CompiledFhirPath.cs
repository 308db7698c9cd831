using System.Text.Json;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Syntax;
using Interop.Fhir.FhirPath.Types;

namespace Interop.Fhir.FhirPath;

/// <summary>An expression ready to be evaluated, by any number of threads at once.</summary>
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

    public IFhirTypeModel TypeModel { get; }

    internal Expression Tree { get; }

    internal Operation Operation { get; }

    /// <summary>The collection that the expression gives on a resource; empty, not null, for none.</summary>
    /// <exception cref="FhirPathException">The expression does not accept what it met.</exception>
    public IReadOnlyList<FhirPathNode> Evaluate(JsonElement resource, EvaluationContext? context = null) =>
        Evaluate(NodeOf(resource), context);

    /// <summary>As the other, on an element or computed value.</summary>
    public IReadOnlyList<FhirPathNode> Evaluate(in FhirPathNode input, EvaluationContext? context = null)
    {
        Evaluation e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.SetInput(input);
            return Operation.ToArray(e);
        }
        catch (InvalidOperationException error) when (HalfPair.IsCause(error))
        {
            throw FhirPathException.Execution(HalfPair.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <summary>As the other, without an input: for an expression of literals.</summary>
    public IReadOnlyList<FhirPathNode> Evaluate(EvaluationContext? context = null)
    {
        Evaluation e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.ClearInput();
            return Operation.ToArray(e);
        }
        catch (InvalidOperationException error) when (HalfPair.IsCause(error))
        {
            throw FhirPathException.Execution(HalfPair.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <summary>The result as a condition: null for empty; one item that is no boolean counts as true (FHIRPath 2.0, 4.5).</summary>
    /// <exception cref="FhirPathException">There are several items, or the expression does not accept what it met.</exception>
    public bool? Test(in FhirPathNode input, EvaluationContext? context = null)
    {
        Evaluation e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.SetInput(input);
            return Operation.Test(e);
        }
        catch (InvalidOperationException error) when (HalfPair.IsCause(error))
        {
            throw FhirPathException.Execution(HalfPair.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <inheritdoc cref="Test(in FhirPathNode, EvaluationContext?)"/>
    public bool? Test(JsonElement resource, EvaluationContext? context = null) => Test(NodeOf(resource), context);

    /// <summary>The result where it is one item, false where it is empty.</summary>
    /// <exception cref="FhirPathException">There are several items, or the expression does not accept what it met.</exception>
    public bool TryEvaluateScalar(JsonElement resource, out FhirPathNode value, EvaluationContext? context = null)
    {
        Evaluation e = Evaluation.Rent(TypeModel, context);
        try
        {
            e.SetInput(NodeOf(resource));
            return Operation.TryEvaluateSingle(e, out value);
        }
        catch (InvalidOperationException error) when (HalfPair.IsCause(error))
        {
            throw FhirPathException.Execution(HalfPair.Reason);
        }
        finally
        {
            e.Return();
        }
    }

    /// <summary>A resource as a node of this expression's model. An object that is no resource of the model has no elements.</summary>
    public FhirPathNode NodeOf(JsonElement resource) => FhirPathNode.FromJson(resource, _rootType.Of(resource));

    public override string ToString() => Text;
}
