using System.Text;
using Interop.Api.Http;
using Interop.Views;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Views;

/// <summary>The rows of a view's table, written as the pages of the grain come.</summary>
internal static class ViewRowAnswer
{
    public const string Json = "application/json";
    public const string Ndjson = "application/x-ndjson";
    public const string Csv = "text/csv";

    /// <param name="selection">Null: all rows, in the order of their keys.</param>
    public static async Task<IResult> CreateAsync(
        HttpContext http,
        IGrainFactory grains,
        string name,
        string format,
        long? limit,
        RowSelection? selection
    )
    {
        if (format is not ("json" or "csv" or "ndjson"))
            return Problems.BadRequest("format must be json, csv or ndjson");
        var written = format == "csv" ? RowFormat.Csv : RowFormat.Ndjson;
        var query = grains.ViewQueries();
        if (await query.ReadRows(name, written, limit, null, selection) is not { } first)
        {
            return await query.Find(name) is { RunId: { } run }
                ? Problems.Conflict($"The view {name} is new, and run {run} fills its table: wait for its end", ("run_id", run))
                : Problems.NotFound("View not found");
        }

        if (first.Problem is { } problem)
            return Problems.BadRequest(problem);
        return format switch
        {
            "csv" => TypedResults.Stream(stream => StreamAsync(stream), $"{Csv}; charset=utf-8; header=present", $"{name}.csv"),
            "ndjson" => TypedResults.Stream(stream => StreamAsync(stream), Ndjson),
            _ => TypedResults.Stream(stream => StreamAsync(stream, asArray: true), Json),
        };

        async Task StreamAsync(Stream stream, bool asArray = false)
        {
            var between = asArray ? "[" : "";
            for (
                var page = first;
                page is not null;
                page = page.NextCursor is { } cursor ? await query.ReadRows(name, written, limit, cursor, selection) : null
            )
            {
                // Each line ends in a line feed and has no other: the array is the lines with commas between them.
                var text = asArray && page.Count > 0 ? between + page.Text.TrimEnd('\n').Replace('\n', ',') : page.Text;
                if (asArray && page.Count > 0)
                    between = ",";
                await stream.WriteAsync(Encoding.UTF8.GetBytes(text), http.RequestAborted);
            }

            if (asArray)
                await stream.WriteAsync(between == "[" ? "[]"u8.ToArray() : "]"u8.ToArray(), http.RequestAborted);
        }
    }
}
