using Interop.Access;
using Interop.Api.Access;
using Interop.Dashboard;
using Microsoft.AspNetCore.Hosting.StaticWebAssets;

namespace Interop.Silo.Hosting;

/// <summary>The dashboard in this process, and its files.</summary>
internal static class DashboardHost
{
    /// <summary>The list of the pages' files, which the build writes beside the program.</summary>
    private static readonly string Manifest = Path.Combine(AppContext.BaseDirectory, "Interop.Silo.staticwebassets.endpoints.json");

    public static void AddDashboardPages(this WebApplicationBuilder builder)
    {
        // Off: the server would watch the files, and compress them anew for each request.
        builder.Configuration["ReloadStaticAssetsAtRuntime"] = "false";
        // When the program was not published, the files are in their projects.
        StaticWebAssetsLoader.UseStaticWebAssets(builder.Environment, builder.Configuration);
        builder.Services.AddDashboard();
    }

    public static void MapDashboardPages(this WebApplication app)
    {
        app.MapStaticAssets(Manifest).AllowAnonymous();
        app.MapDashboard().RequireRole(AccessRole.Viewer);
    }
}
