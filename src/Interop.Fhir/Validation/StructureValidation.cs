using System.Text.Json;
using Interop.Fhir.Json;
using Interop.Fhir.Schema;

namespace Interop.Fhir.Validation;

/// <summary>The role of the current object within the resource.</summary>
internal enum ObjectRole
{
    Plain,
    RootResource,
    ContainedResource,
    RootMeta,
}

/// <summary>
/// One pass over a resource against the schema. The recursion follows the JSON, and the reader limits its depth. An instance keeps its
/// buffers for the next resource and is used by one thread at a time.
/// </summary>
internal sealed partial class StructureValidation
{
    private readonly ElementStates _states = new();
    private readonly List<ArrayGap> _gaps = [];
    private R4Schema _schema = null!;
    private HashSet<string>? _elementIds; // of the current resource

    public IssueLog Issues { get; } = new();

    public TypeDefinition? RootType { get; private set; }

    public string? Id { get; private set; }

    public string? VersionId { get; private set; }

    public DateTimeOffset? LastUpdated { get; private set; }

    public void Begin(R4Schema schema, int maxIssues)
    {
        _schema = schema;
        _states.Clear();
        _gaps.Clear();
        _elementIds = null;
        ReleaseLargeBuffers();
        Issues.Begin(maxIssues);
        RootType = null;
        Id = VersionId = null;
        LastUpdated = null;
    }

    /// <summary>Reads the resource that the reader is about to enter.</summary>
    /// <exception cref="JsonException">The JSON is malformed or too deep.</exception>
    public void ReadRoot(ref Utf8JsonReader reader)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            Issues.Error(IssueCode.Structure, "A resource is a JSON object.");
            reader.Skip();
        }
        else
        {
            ReadResource(ref reader, ObjectRole.RootResource);
        }

        while (reader.Read())
        {
            // The reader throws for anything but white space after the resource.
        }
    }

    private void ReadResource(ref Utf8JsonReader reader, ObjectRole role)
    {
        var type = FindResourceType(reader, out var problem);
        if (role == ObjectRole.RootResource)
        {
            RootType = type;
            if (type is not null)
                Issues.Enter(type.Name);
        }

        if (type is null)
        {
            Issues.ErrorAt("resourceType", problem.Code, problem.Text);
            reader.Skip();
            return;
        }

        var outer = _elementIds;
        _elementIds = null;
        ReadObject(ref reader, type, null, role);
        _elementIds = outer;
    }

    // A copy of the reader looks ahead, because resourceType need not be the first property.
    private TypeDefinition? FindResourceType(Utf8JsonReader reader, out (string Code, string Text) problem)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isResourceType = reader.IsNamed("resourceType"u8);
            reader.Read();
            if (!isResourceType)
            {
                reader.Skip();
                continue;
            }

            if (reader.TokenType != JsonTokenType.String)
            {
                problem = (IssueCode.Structure, "resourceType is a string: the name of an R4 resource type.");
                return null;
            }

            var type = TryGetText(ref reader, out var name) ? _schema.FindResource(name) : null;
            problem = (IssueCode.NotSupported, type is null ? $"{Quote(name)} is not a resource type of FHIR {_schema.Version}." : "");
            return type;
        }

        problem = (IssueCode.Required, "resourceType is missing: it names the resource's type.");
        return null;
    }

    // elementType: the type of the element that holds the object, for the targets of a reference; null for resources.
    private void ReadObject(ref Utf8JsonReader reader, TypeDefinition type, ElementType? elementType, ObjectRole role)
    {
        var frame = _states.Push(type.Elements.Length);
        var gaps = _gaps.Count;
        var properties = 0;
        var hasId = false;
        var hasResourceType = false;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            properties++;
            var property = FindProperty(ref reader, type);
            if (property is null)
            {
                Issues.ErrorAt(PropertyName(ref reader), IssueCode.Structure, UnknownProperty(ref reader, type));
                SkipValue(ref reader);
            }
            else if (ReferenceEquals(property, Property.ResourceType))
            {
                if (hasResourceType)
                    Issues.ErrorAt("resourceType", IssueCode.Structure, "The property resourceType is given twice.");
                hasResourceType = true;
                SkipValue(ref reader);
            }
            else
            {
                hasId |= property.Element.Name == "id";
                ReadProperty(ref reader, frame, property, elementType, role);
            }
        }

        if (properties == 0)
            ReportEmpty(type);
        else
            CheckObject(frame, gaps, type, role, isIdAlone: hasId && properties == 1 && !type.IsResource);
        _states.Pop(frame);
        _gaps.RemoveRange(gaps, _gaps.Count - gaps);
    }

    private static Property? FindProperty(ref Utf8JsonReader reader, TypeDefinition type)
    {
        if (!reader.ValueIsEscaped)
            return type.Properties.Find(reader.ValueSpan);

        Span<byte> name = stackalloc byte[Utf8JsonReaderText.LongestEscapedName];
        return reader.ValueSpan.Length <= Utf8JsonReaderText.LongestEscapedName && reader.TryUnescape(name, out var length)
            ? type.Properties.Find(name[..length])
            : null;
    }

    private void ReadProperty(ref Utf8JsonReader reader, int frame, Property property, ElementType? parent, ObjectRole role)
    {
        var element = property.Element;
        Issues.Enter(element.Name);
        var isFirst = MarkAsMet(ref _states[frame + element.Index], property);
        reader.Read();
        if (element.Max == 0)
        {
            Issues.Error(IssueCode.Structure, $"{property.Name} is not allowed here: {element.Path} has the cardinality 0..0.");
            reader.Skip();
        }
        else if (element.Repeats)
        {
            ReadArray(ref reader, frame + element.Index, property, role);
        }
        else if (reader.TokenType == JsonTokenType.StartArray)
        {
            Issues.Error(IssueCode.Structure, $"{property.Name} does not repeat: it must not be an array.");
            reader.Skip();
        }
        else if (property.IsCompanion)
        {
            var hasContent = ReadCompanion(ref reader, property);
            _states[frame + element.Index].CompanionHasContent |= hasContent;
        }
        else
        {
            ReadValue(ref reader, property, parent, role, isFirst);
        }

        Issues.Leave();
    }

    private bool MarkAsMet(ref ElementState state, Property property)
    {
        ref var met = ref property.IsCompanion ? ref state.Companion : ref state.Value;
        var known = met;
        if (known is not null && ReferenceEquals(known, property))
        {
            Issues.Error(IssueCode.Structure, $"The property {property.Name} is given twice.");
            return false;
        }

        var other = known ?? (property.IsCompanion ? state.Value : state.Companion);
        if (other is not null && other.TypeIndex != property.TypeIndex)
            Issues.Error(
                IssueCode.Structure,
                $"{property.Element.Name}[x] has one type only: {other.Name} and {property.Name} exclude each other."
            );
        met = property;
        return true;
    }

    private void ReadArray(ref Utf8JsonReader reader, int position, Property property, ObjectRole role)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            Issues.Error(IssueCode.Structure, $"{property.Name} repeats: it must be an array, also for one value.");
            if (reader.TokenType != JsonTokenType.Null)
                ReadItem(ref reader, position, property, role, 0);
            return;
        }

        var count = 0;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            Issues.At(count);
            if (reader.TokenType == JsonTokenType.StartArray)
            {
                Issues.Error(IssueCode.Structure, "An array must not lie in an array.");
                reader.Skip();
            }
            else
            {
                ReadItem(ref reader, position, property, role, count);
            }

            count++;
        }

        Issues.At(-1);
        if (count == 0)
            Issues.Error(IssueCode.Structure, $"{property.Name} is an empty array: leave it out, or give it a value.");
        if (property.IsCompanion)
            _states[position].CompanionCount = count;
        else
            _states[position].ValueCount = count;
    }

    private void ReadItem(ref Utf8JsonReader reader, int position, Property property, ObjectRole role, int index)
    {
        var type = property.Type.Type;
        if (reader.TokenType == JsonTokenType.Null && type.IsPrimitive)
            _gaps.Add(new ArrayGap(position, index, property.IsCompanion, IsNull: true));
        else if (!property.IsCompanion)
            ReadValue(ref reader, property, null, role, isFirst: false);
        else if (!ReadCompanion(ref reader, property))
            _gaps.Add(new ArrayGap(position, index, IsCompanion: true, IsNull: false));
    }

    private void ReadValue(ref Utf8JsonReader reader, Property property, ElementType? parent, ObjectRole role, bool isFirst)
    {
        var type = property.Type.Type;
        if (type.IsPrimitive)
        {
            ReadPrimitive(ref reader, property, parent);
            if (isFirst && role is ObjectRole.RootResource or ObjectRole.RootMeta)
                Capture(ref reader, property, role);
        }
        else if (reader.TokenType != JsonTokenType.StartObject)
        {
            Issues.Error(
                IssueCode.Structure,
                $"{property.Name} must be a JSON object ({property.Type.Code}), not {Describe(reader.TokenType)}."
            );
            reader.Skip();
        }
        else if (type.IsResource)
        {
            ReadNestedResource(ref reader, property, role);
        }
        else if (property.Element.RequiredBinding is { } valueSet)
        {
            var beforeConcept = reader;
            ReadObject(ref reader, type, property.Type, ObjectRole.Plain);
            CheckConceptBinding(beforeConcept, valueSet);
        }
        else
        {
            var isRootMeta = isFirst && role == ObjectRole.RootResource && property.Element.Name == "meta";
            ReadObject(ref reader, type, property.Type, isRootMeta ? ObjectRole.RootMeta : ObjectRole.Plain);
        }
    }

    private void ReadNestedResource(ref Utf8JsonReader reader, Property property, ObjectRole role)
    {
        var isContained = property.Element.Name == "contained";
        if (isContained && role == ObjectRole.ContainedResource)
        {
            Issues.Error(IssueCode.Invariant, "dom-2: a contained resource must not contain resources itself; contain this one beside it.");
            reader.Skip();
            return;
        }

        ReadResource(ref reader, isContained ? ObjectRole.ContainedResource : ObjectRole.Plain);
    }

    private static void SkipValue(ref Utf8JsonReader reader)
    {
        reader.Read();
        reader.Skip();
    }
}
