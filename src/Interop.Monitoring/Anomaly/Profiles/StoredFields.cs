namespace Interop.Anomaly.Profiles;

/// <summary>Writes or reads fields one after the other. A saved form is described once, by the order of the calls, for both
/// directions.</summary>
internal readonly struct StoredFields
{
    private readonly BinaryWriter? _writer;
    private readonly BinaryReader? _reader;

    public StoredFields(BinaryWriter writer) => _writer = writer;

    public StoredFields(BinaryReader reader) => _reader = reader;

    public void Number(ref long value)
    {
        _writer?.Write(value);
        value = _reader?.ReadInt64() ?? value;
    }

    public void Number(ref int value)
    {
        _writer?.Write(value);
        value = _reader?.ReadInt32() ?? value;
    }

    public void Number(ref uint value)
    {
        _writer?.Write(value);
        value = _reader?.ReadUInt32() ?? value;
    }

    public void Number(ref float value)
    {
        _writer?.Write(value);
        value = _reader?.ReadSingle() ?? value;
    }

    public void Numbers(float[] values)
    {
        for (var i = 0; i < values.Length; i++)
            Number(ref values[i]);
    }

    /// <summary>Numbers in half precision.</summary>
    public void Halves(float[] values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            _writer?.Write((Half)values[i]);
            values[i] = _reader is null ? values[i] : (float)_reader.ReadHalf();
        }
    }

    public void Norm(ref RunningNorm norm)
    {
        if (_writer is not null)
            norm.Write(_writer);
        if (_reader is not null)
            norm.Read(_reader);
    }

    public void Part(Action<BinaryWriter> write, Action<BinaryReader> read)
    {
        if (_writer is not null)
            write(_writer);
        if (_reader is not null)
            read(_reader);
    }
}
