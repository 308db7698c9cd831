using System.Text;
using Interop.Uploads;
using Microsoft.AspNetCore.Http;

namespace Interop.Api.Uploads;

/// <summary>The rows of a file that were not submitted, written as the parts of the grain come.</summary>
internal static class FailureAnswer
{
    public const string Csv = "text/csv";

    public static IResult Create(HttpContext http, IGrainFactory grains, FileProgress file) =>
        TypedResults.Stream(
            async stream =>
            {
                var query = grains.GetQuery<IFileQueryGrain>();
                for (long? after = 0; after is { } line; )
                {
                    var part = await query.ReadFailures(file.FileId, line);
                    await stream.WriteAsync(Encoding.UTF8.GetBytes(part?.Text ?? ""), http.RequestAborted);
                    after = part?.NextLine;
                }
            },
            $"{Csv}; charset=utf-8; header=present",
            $"{Path.GetFileNameWithoutExtension(file.Filename)}-failures.csv"
        );
}
