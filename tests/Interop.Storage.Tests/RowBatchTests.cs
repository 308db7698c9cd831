namespace Interop.Storage.Tests;

public sealed class RowBatchTests
{
    private static readonly TableShape Shape = new("t", [new("id", ColumnType.Integer), new("text", ColumnType.Text)], ["id"]);

    [Fact]
    public void AValueOfTheWrongTypeIsRefusedByTheColumnsName()
    {
        using var batch = new RowBatch(Shape);
        batch.BeginRow();
        var error = Assert.Throws<InvalidOperationException>(() => batch.WriteText("x"));
        Assert.Contains("column id of table t is Integer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void AValueOutsideARowIsRefused()
    {
        using var batch = new RowBatch(Shape);
        Assert.Throws<InvalidOperationException>(() => batch.WriteInteger(1));
        Add(batch, 1);
        Assert.Throws<InvalidOperationException>(() => batch.WriteNull());
    }

    [Fact]
    public void ARowMustBeCompleteBeforeTheNext()
    {
        using var batch = new RowBatch(Shape);
        batch.BeginRow();
        batch.WriteInteger(1);
        var error = Assert.Throws<InvalidOperationException>(() => batch.BeginRow());
        Assert.Contains("lacks the column text", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void ADiscardedRowLeavesTheOthers()
    {
        using var batch = new RowBatch(Shape);
        Add(batch, 1);
        var size = batch.Bytes;
        batch.BeginRow();
        batch.WriteInteger(2);
        batch.Truncate(batch.Count);
        Assert.Equal((1, size), (batch.Count, batch.Bytes));
        Add(batch, 3);
        Assert.Equal((2, 2 * size), (batch.Count, batch.Bytes));
    }

    [Fact]
    public void ASliceIsAViewOfItsRowsUntilTheBatchIsCleared()
    {
        using var batch = new RowBatch(Shape);
        for (var i = 0; i < 10; i++)
            Add(batch, i);
        var slice = batch.Slice(2, 6).Slice(1, 2);
        Assert.Equal((2, batch.Bytes / 5), (slice.Count, slice.Bytes));
        Assert.True(slice.Row(0).SequenceEqual(batch.Row(3)));
        Assert.Throws<ArgumentOutOfRangeException>(() => slice.Slice(1, 2));
        Assert.Throws<InvalidOperationException>(() => slice.BeginRow());

        batch.Clear();

        Assert.Equal((0, 0), (batch.Count, batch.Bytes));
        Assert.Throws<InvalidOperationException>(() => slice.Bytes);
    }

    [Fact]
    public void AShapeWithoutAProperKeyIsRefused()
    {
        Assert.Throws<ArgumentException>(() => new TableShape("t", [new("a", ColumnType.Text)], ["b"]));
        Assert.Throws<ArgumentException>(() => new TableShape("t", [new("a", ColumnType.Text)], []));
        Assert.Throws<ArgumentException>(() => new TableShape("t", [new("a", ColumnType.Text), new("a", ColumnType.Json)], ["a"]));
        Assert.Throws<ArgumentException>(() => new TableShape("t", [], ["a"]));
    }

    [Fact]
    public void ShapesWithTheSamePartsAreEqual()
    {
        var same = new TableShape("t", [new("id", ColumnType.Integer), new("text", ColumnType.Text)], ["id"]);
        Assert.Equal(Shape, same);
        Assert.Equal(Shape.GetHashCode(), same.GetHashCode());
        Assert.NotEqual(Shape, new TableShape("t", [new("id", ColumnType.Integer), new("text", ColumnType.Json)], ["id"]));
    }

    private static void Add(RowBatch batch, long id)
    {
        batch.BeginRow();
        batch.WriteInteger(id);
        batch.WriteText("text");
    }
}
