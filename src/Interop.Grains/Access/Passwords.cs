using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Identity;

namespace Interop.Access;

/// <summary>Hashes passwords by ASP.NET Core Identity (PBKDF2, HMAC-SHA512), and API keys by SHA-256.</summary>
internal static class Passwords
{
    /// <summary>The shortest password that is accepted.</summary>
    public const int MinLength = 12;

    /// <summary>The longest: hashing takes time with the length.</summary>
    public const int MaxLength = 256;

    private static readonly PasswordHasher<string> Hasher = new();

    // Compared when there is no such user, so that the answer takes as long.
    private static readonly string NoUser = Hash(Convert.ToHexString(RandomNumberGenerator.GetBytes(16)));

    public static string Hash(string password) => Hasher.HashPassword("", password);

    /// <param name="hash">Null when there is no such user.</param>
    public static bool IsRight(string? hash, string password) =>
        Hasher.VerifyHashedPassword("", hash ?? NoUser, password) != PasswordVerificationResult.Failed && hash is not null;

    /// <summary>A random secret of 256 bits, as letters and digits of base64url.</summary>
    public static string NewSecret() =>
        Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)).TrimEnd('=').Replace('+', '-').Replace('/', '_');

    public static string HashKey(string secret) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(secret)));

    /// <summary>In constant time.</summary>
    public static bool AreEqual(string a, string b) =>
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(a), Encoding.UTF8.GetBytes(b));
}
