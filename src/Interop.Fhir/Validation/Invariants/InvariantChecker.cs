using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text.Json;
using Interop.Fhir.FhirPath;
using Interop.Fhir.FhirPath.Engine;
using Interop.Fhir.FhirPath.Errors;
using Interop.Fhir.FhirPath.Functions;
using Interop.Fhir.FhirPath.Nodes;
using Interop.Fhir.FhirPath.Types;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation.Invariants;

/// <summary>
/// The invariants of the specification through FHIRPath. Each expression is compiled once, on first use. Data that an expression
/// does not accept is a warning, because the structure of the resource may be broken. Never throws. Safe for several threads.
/// </summary>
public sealed class InvariantChecker : IInvariantChecker
{
    private readonly ConcurrentDictionary<Invariant, CompiledFhirPath> _compiled = new(ReferenceEqualityComparer.Instance);
    private readonly ConcurrentDictionary<TypeDefinition, Invariant[]> _ofTypes = new();
    private readonly R4TypeModel _model = R4TypeModel.Instance;

    /// <summary>The limits of all invariants of one resource together.</summary>
    private static readonly EvaluationLimits Limits = new() { MaxSteps = 100_000_000, MaxTextBytes = 256 * 1024 * 1024 };

    /// <summary>The checker for R4.</summary>
    public static InvariantChecker Default { get; } = new();

    /// <inheritdoc/>
    public void Check(
        ReadOnlySpan<byte> utf8,
        TypeDefinition resourceType,
        ICollection<ValidationIssue> issues,
        CancellationToken cancellationToken
    )
    {
        var reader = new Utf8JsonReader(utf8, new JsonReaderOptions { MaxDepth = ValidationOptions.LargestMaxDepth });
        using var document = JsonDocument.ParseValue(ref reader);
        new Walk(this, issues, cancellationToken).Resource(document.RootElement, resourceType, resourceType.Name, null);
    }

    /// <summary>The type's invariants that the structure level does not check itself.</summary>
    private Invariant[] InvariantsOf(TypeDefinition type) => _ofTypes.GetOrAdd(type, static t => [.. t.Invariants.Where(IsForPaths)]);

    private static bool IsForPaths(Invariant invariant) => !ResourceValidator.StructuralInvariants.Contains(invariant.Key);

    private CompiledFhirPath Compiled(Invariant invariant) =>
        _compiled.GetOrAdd(
            invariant,
            i => FhirPathCompiler.Compile(i.Expression, new FhirPathOptions { TypeModel = _model, AsTakesCollections = true })
        );

    /// <summary>One pass over a resource.</summary>
    private sealed class Walk(InvariantChecker checker, ICollection<ValidationIssue> issues, CancellationToken cancellationToken)
    {
        private readonly EvaluationBudget _budget = new(Limits);
        private bool _isExhausted;
        private EvaluationContext? _context;
        private JsonElement? _bundle;
        private bool _isContained;

        /// <param name="json">The resource.</param>
        /// <param name="type">Its type.</param>
        /// <param name="location">Where it is.</param>
        /// <param name="container">The resource that contains it.</param>
        public void Resource(JsonElement json, TypeDefinition type, string location, FhirPathNode? container)
        {
            var outer = _context;
            var outerIsContained = _isContained;
            _isContained = container is not null;
            var node = FhirPathNode.FromJson(json, checker._model.FindType(type.Name)!);
            _context = new EvaluationContext
            {
                Resource = node,
                RootResource = container ?? node,
                Resolve = FindEntry,
                Limits = Limits,
                Budget = _budget,
                CancellationToken = cancellationToken,
            };
            if (type.Name == "Bundle")
                _bundle ??= json;
            Element(node, type, [], location);
            _context = outer;
            _isContained = outerIsContained;
        }

        private JsonElement? FindEntry(string reference) => _bundle is { } bundle ? FhirFunctions.FindEntry(bundle, reference) : null;

        private void Element(in FhirPathNode node, TypeDefinition type, IEnumerable<Invariant> ofElement, string location)
        {
            foreach (var invariant in checker.InvariantsOf(type))
            {
                // The narrative of a contained resource is its container's (FHIR R4, references.html#contained).
                if (!_isContained || invariant.Key != "dom-6")
                    Check(invariant, node, location);
            }
            foreach (var invariant in ofElement)
            {
                if (IsForPaths(invariant))
                    Check(invariant, node, location);
            }
            if (node.Json.ValueKind == JsonValueKind.Object)
                Children(node, type, location);
        }

        private void Children(in FhirPathNode parent, TypeDefinition type, string location)
        {
            foreach (var property in parent.Json.EnumerateObject())
            {
                if (
                    type.Properties.Find(JsonMarshal.GetRawUtf8PropertyName(property))
                    is not { IsCompanion: false, Element: not null } known
                )
                    continue;
                var isArray = property.Value.ValueKind == JsonValueKind.Array;
                if (known.Type.Type.IsPrimitive && known.Element.Invariants.IsEmpty)
                    continue;
                var child = $"{location}.{known.Element.Name}";
                if (!isArray)
                {
                    Item(parent, property.Value, known, child);
                    continue;
                }
                var index = 0;
                foreach (var item in property.Value.EnumerateArray())
                    Item(parent, item, known, $"{child}[{index++}]");
            }
        }

        private void Item(in FhirPathNode parent, JsonElement json, Property property, string location)
        {
            var type = property.Type.Type;
            if (type.IsResource && json.ValueKind == JsonValueKind.Object)
            {
                if (Navigation.TryGetResourceType(json, out var name) && R4Schema.Default.FindResource(name.GetString()!) is { } own)
                    Resource(json, own, location, parent.Type.IsResource ? parent : null);
                return;
            }
            var typeName = type.Kind == TypeKind.Backbone ? type.Name : property.Type.Code;
            if (json.ValueKind is not (JsonValueKind.Null or JsonValueKind.Array))
                Element(FhirPathNode.FromJson(json, checker._model.FindType(typeName)!), type, property.Element.Invariants, location);
        }

        private void Check(Invariant invariant, in FhirPathNode node, string location)
        {
            if (_isExhausted)
                return;
            try
            {
                // An empty result counts as true (FHIR R4, conformance-rules.html#constraints): the invariant is about elements that are
                // absent.
                if (checker.Compiled(invariant).Test(node, _context) != false)
                    return;
                issues.Add(
                    new ValidationIssue(
                        invariant.IsError ? IssueSeverity.Error : IssueSeverity.Warning,
                        IssueCode.Invariant,
                        location,
                        $"{invariant.Key}: {invariant.Human}"
                    )
                );
            }
            catch (FhirPathException error) when (error.Kind == FhirPathErrorKind.Limit)
            {
                _isExhausted = true;
                issues.Add(
                    new ValidationIssue(
                        IssueSeverity.Error,
                        IssueCode.TooCostly,
                        location,
                        $"{invariant.Key}: {error.Message}; further invariants of this resource are not checked"
                    )
                );
            }
            catch (FhirPathException error)
            {
                issues.Add(
                    new ValidationIssue(
                        IssueSeverity.Warning,
                        IssueCode.Invariant,
                        location,
                        $"{invariant.Key}: cannot be evaluated here: {error.Message}"
                    )
                );
            }
        }
    }
}
