using System.Text;
using System.Text.Json;

namespace Interop.Tokens.Tests;

/// <summary>Answers of a token endpoint, usable and not.</summary>
public sealed class TokenResponseTests
{
    [Theory]
    [InlineData("hush\r\nX-Injected: 1")]
    [InlineData("hush\u00e9")]
    [InlineData("hush hush")]
    [InlineData("hush\u0000")]
    [InlineData("\u2028hush")]
    public void A_token_that_no_header_can_carry_is_refused(string token)
    {
        var response = Read(new { access_token = token });
        Assert.Equal((TokenOutcome.Refused, null), (response.Outcome, response.Token));
        Assert.DoesNotContain("hush", response.Problem!, StringComparison.Ordinal);
    }

    [Fact]
    public void A_token_that_is_too_long_is_refused() =>
        Assert.Equal(TokenOutcome.Refused, Read(new { access_token = new string('x', 20_000) }).Outcome);

    [Theory]
    [InlineData("""{"access_token":"\ud800"}""")]
    [InlineData("""{"access_token":7}""")]
    [InlineData("""{"error":"\udc00"}""")]
    [InlineData("[]")]
    [InlineData("")]
    public void An_answer_without_a_token_is_a_refusal(string body) =>
        Assert.Equal(TokenOutcome.Refused, TokenResponse.Read(true, Encoding.UTF8.GetBytes(body), null, 0).Outcome);

    [Theory]
    [InlineData("3600", 3600)]
    [InlineData("\"90\"", 90)]
    [InlineData("-5", 0)]
    [InlineData("1e300", 365 * 24 * 3600)]
    [InlineData("\"soon\"", 3600)]
    [InlineData("null", 3600)]
    public void The_lifetime_is_read_in_the_forms_that_servers_use(string expiresIn, long seconds) =>
        Assert.Equal(
            TimeSpan.FromSeconds(seconds),
            TokenResponse
                .Read(true, Encoding.UTF8.GetBytes($$"""{"access_token":"a.b-c_d~e+f/g==","expires_in":{{expiresIn}}}"""), null, 0)
                .Token!.Lifetime
        );

    private static TokenResponse Read(object answer) => TokenResponse.Read(true, JsonSerializer.SerializeToUtf8Bytes(answer), null, 0);
}
