using Microsoft.AspNetCore.Http;

namespace Interop.Api.Http;

/// <summary>Handles HEAD like GET. The server omits the body, because it knows the method of the request line.</summary>
internal sealed class HeadRequests(RequestDelegate next)
{
    public Task InvokeAsync(HttpContext http) => HttpMethods.IsHead(http.Request.Method) ? AnswerAsGetAsync(http) : next(http);

    private async Task AnswerAsGetAsync(HttpContext http)
    {
        http.Request.Method = HttpMethods.Get;
        try
        {
            await next(http);
        }
        finally
        {
            http.Request.Method = HttpMethods.Head;
        }
    }
}
