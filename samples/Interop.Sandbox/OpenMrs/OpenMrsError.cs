using System.Text.Json.Nodes;

namespace Interop.Sandbox.OpenMrs;

/// <summary>A refused request with a body in the form that OpenMRS has for it.</summary>
internal sealed class OpenMrsError(int status, JsonObject body) : Exception
{
    public int Status => status;

    public JsonObject Body => body;

    /// <summary>400: the values of one field are not acceptable.</summary>
    public static OpenMrsError Invalid(string field, string message) =>
        new(
            400,
            Error(
                "[Invalid Submission]",
                "webservices.rest.error.invalid.submission",
                new JsonObject { [field] = new JsonArray(new JsonObject { ["code"] = "error.invalid", ["message"] = message }) }
            )
        );

    public static OpenMrsError NotFound(string resource) =>
        new(
            404,
            Error(
                $"[Object with given uuid doesn't exist: {resource}]",
                "org.openmrs.module.webservices.rest.web.response.ObjectNotFoundException:1"
            )
        );

    public static OpenMrsError NotAuthenticated() =>
        new(401, Error("[User is not logged in]", "org.openmrs.api.APIAuthenticationException:1"));

    private static JsonObject Error(string message, string code, JsonObject? fieldErrors = null)
    {
        var error = new JsonObject
        {
            ["message"] = message,
            ["code"] = code,
            ["detail"] = "",
        };
        if (fieldErrors is not null)
        {
            error["globalErrors"] = new JsonArray();
            error["fieldErrors"] = fieldErrors;
        }
        return new JsonObject { ["error"] = error };
    }
}
