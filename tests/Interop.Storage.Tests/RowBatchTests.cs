namespace Interop.Storage.Tests;

public sealed class RowBatchTests
{
    private static readonly TableShape Shape = new("t", [new("id", ColumnType.Integer), new("text", ColumnType.Text)], ["id"]);

    [Fact]
    public void A_value_of_the_wrong_type_is_refused_by_the_columns_name()
    {
        using var batch = new RowBatch(Shape);
        batch.BeginRow();
        var error = Assert.Throws<InvalidOperationException>(() => batch.WriteText("x"));
        Assert.Contains("column id of table t is Integer", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_value_outside_a_row_is_refused()
    {
        using var batch = new RowBatch(Shape);
        Assert.Throws<InvalidOperationException>(() => batch.WriteInteger(1));
        Add(batch, 1);
        Assert.Throws<InvalidOperationException>(() => batch.WriteNull());
    }

    [Fact]
    public void A_row_must_be_complete_before_the_next()
    {
        using var batch = new RowBatch(Shape);
        batch.BeginRow();
        batch.WriteInteger(1);
        var error = Assert.Throws<InvalidOperationException>(() => batch.BeginRow());
        Assert.Contains("lacks the column text", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, batch.Count);
    }

    [Fact]
    public void A_discarded_row_leaves_the_others()
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
    public void A_slice_is_a_view_of_its_rows_until_the_batch_is_cleared()
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
    public void A_shape_without_a_proper_key_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new TableShape("t", [new("a", ColumnType.Text)], ["b"]));
        Assert.Throws<ArgumentException>(() => new TableShape("t", [new("a", ColumnType.Text)], []));
        Assert.Throws<ArgumentException>(() => new TableShape("t", [new("a", ColumnType.Text), new("a", ColumnType.Json)], ["a"]));
        Assert.Throws<ArgumentException>(() => new TableShape("t", [], ["a"]));
    }

    [Fact]
    public void Shapes_with_the_same_parts_are_equal()
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
