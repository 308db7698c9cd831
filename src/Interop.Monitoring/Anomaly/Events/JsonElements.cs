using System.Text.Json;

namespace Interop.Anomaly.Events;

/// <summary>Access to elements of a resource that may be missing. An element of another type than the standard's counts as
/// missing.</summary>
internal static class JsonElements
{
    public static JsonElement Child(this JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out var child) ? child : default;

    public static string? Text(this JsonElement element, string name)
    {
        var child = element.Child(name);
        if (child.ValueKind != JsonValueKind.String)
            return null;
        try
        {
            return child.GetString();
        }
        catch (InvalidOperationException) // an unpaired surrogate
        {
            return null;
        }
    }

    public static bool Has(this JsonElement element, string name) => element.Child(name).ValueKind != JsonValueKind.Undefined;

    /// <summary>Null: the element is not there; else whether it is of this kind.</summary>
    public static bool? Has(this JsonElement element, string name, JsonValueKind kind) =>
        element.Child(name).ValueKind is var found && found == JsonValueKind.Undefined ? null : found == kind;

    public static JsonItems Items(this JsonElement element, string name) => new(element.Child(name));
}

/// <summary>The items of an array; an object counts as an array of one; anything else has none.</summary>
internal readonly struct JsonItems(JsonElement element)
{
    public Enumerator GetEnumerator() => new(element);

    public struct Enumerator
    {
        private readonly JsonElement _single;
        private readonly bool _isArray;
        private JsonElement.ArrayEnumerator _array;
        private bool _given;

        internal Enumerator(JsonElement element)
        {
            _isArray = element.ValueKind == JsonValueKind.Array;
            if (_isArray)
                _array = element.EnumerateArray();
            _single = element;
            _given = element.ValueKind != JsonValueKind.Object;
        }

        public readonly JsonElement Current => _isArray ? _array.Current : _single;

        public bool MoveNext()
        {
            if (_isArray)
                return _array.MoveNext();
            var more = !_given;
            _given = true;
            return more;
        }
    }
}
