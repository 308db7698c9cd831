namespace Interop.Dashboard;

/// <summary>Addresses of pages that other code refers to.</summary>
public static class DashboardPaths
{
    /// <summary>The login page. <c>/login</c> is the endpoint that it calls.</summary>
    public const string SignIn = "/sign-in";
}
