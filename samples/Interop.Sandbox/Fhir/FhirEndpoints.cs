namespace Interop.Sandbox.Fhir;

/// <summary>The routes of the FHIR server.</summary>
internal static class FhirEndpoints
{
    public static void MapFhir(this IEndpointRouteBuilder routes)
    {
        var services = routes.ServiceProvider;
        var search = services.GetRequiredService<SearchEndpoints>();
        var resources = services.GetRequiredService<ResourceEndpoints>();
        var transactions = services.GetRequiredService<TransactionEndpoint>();
        var exports = services.GetRequiredService<ExportEndpoints>();
        var options = services.GetRequiredService<SandboxOptions>();

        var fhir = routes.MapGroup(FhirPaths.Root);
        fhir.MapGet("/", Handle(search.NextPage));
        fhir.MapPost(
            "/",
            HandleAsync(context =>
                options.Transactions ? transactions.HandleAsync(context) : throw Unsupported("Transactions and batches are not supported.")
            )
        );
        fhir.MapGet(
            "/metadata",
            Handle(context => options.Metadata ? CapabilityStatement.Answer(context, options) : throw Unsupported("There is no statement."))
        );
        fhir.MapGet("/ConceptMap/$translate", Handle(TerminologyEndpoint.Translate));
        fhir.MapGet("/CodeSystem/$lookup", Handle(TerminologyEndpoint.Lookup));
        foreach (var operation in (string[])["$export", "Patient/$export", "Group/{group}/$export"])
        {
            fhir.MapMethods(
                "/" + operation,
                [HttpMethods.Get, HttpMethods.Post],
                HandleAsync(context =>
                    exports.StartAsync(
                        context,
                        operation.Replace("{group}", context.Request.RouteValues["group"] as string, StringComparison.Ordinal)
                    )
                )
            );
        }

        fhir.MapGet("/$export-status/{job}", Handle(context => exports.Status(context, Value(context, "job"))));
        fhir.MapDelete("/$export-status/{job}", Handle(context => exports.Delete(Value(context, "job"))));
        fhir.MapGet("/$export-file/{job}/{name}", Handle(context => exports.File(context, Value(context, "job"), Value(context, "name"))));
        fhir.MapGet("/{type}", Handle(context => search.Search(context, Value(context, "type"))));
        fhir.MapGet("/{type}/_history", Handle(context => search.History(context, Value(context, "type"), null)));
        fhir.MapGet("/{type}/{id}", Handle(context => resources.Read(Value(context, "type"), Value(context, "id"))));
        fhir.MapGet("/{type}/{id}/_history", Handle(context => search.History(context, Value(context, "type"), Value(context, "id"))));
        fhir.MapGet(
            "/{type}/{id}/_history/{version}",
            Handle(context => resources.ReadVersion(Value(context, "type"), Value(context, "id"), Value(context, "version")))
        );
        fhir.MapPost("/{type}", HandleAsync(context => resources.CreateAsync(context, Value(context, "type"))));
        fhir.MapPut(
            "/{type}",
            HandleAsync(context =>
                options.ConditionalWrites
                    ? resources.ConditionalUpdateAsync(context, Value(context, "type"))
                    : throw Unsupported("Conditional updates are not supported.")
            )
        );
        fhir.MapPut("/{type}/{id}", HandleAsync(context => resources.UpdateAsync(context, Value(context, "type"), Value(context, "id"))));
        fhir.MapDelete("/{type}/{id}", Handle(context => resources.Delete(context, Value(context, "type"), Value(context, "id"))));
        fhir.MapFallback(
            Handle(context =>
                throw new FhirError(404, "not-supported", $"No such interaction: {context.Request.Method} {context.Request.Path}.")
            )
        );
    }

    private static FhirError Unsupported(string diagnostics) => new(404, "not-supported", diagnostics);

    private static string Value(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static RequestDelegate Handle(Func<HttpContext, FhirAnswer> make) => HandleAsync(context => Task.FromResult(make(context)));

    private static RequestDelegate HandleAsync(Func<HttpContext, Task<FhirAnswer>> make) =>
        async context =>
        {
            FhirAnswer answer;
            try
            {
                answer = await make(context);
            }
            catch (FhirError error)
            {
                answer = FhirAnswer.Error(error.Status, error.Code, error.Message);
            }
            await answer.SendAsync(context);
        };
}
