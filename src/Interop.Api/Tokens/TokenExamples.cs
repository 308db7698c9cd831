namespace Interop.Api.Tokens;

/// <summary>Requests and answers of the token endpoints, for /openapi.json.</summary>
internal static class TokenExamples
{
    public const string Status = """{"token_present":true,"expires_in_seconds":3422,"expires_soon":false}""";

    public const string Refreshed = """
        {"token_present":true,"expires_in_seconds":3600,"expires_soon":false,"expires_at":1771243381,"scope":"openid offline_access"}
        """;

    public const string ManualRequest = """
        {"client_id":"interop","client_secret":"SECRET","username":"admin","password":"SECRET","scope":"openid"}
        """;

    public const string Manual = """{"token_present":true,"expires_in_seconds":3600,"scope":"openid"}""";
}
