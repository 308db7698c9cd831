using System.CommandLine;
using Interop.Access;
using Interop.Silo.Hosting;
using Interop.Storage.Connections;
using Spectre.Console;

namespace Interop.Silo.CommandLine;

/// <summary><c>user add|list|role|passwd|disable|enable</c>. It works beside a running server, which sees a change within
/// seconds.</summary>
internal static class UserCommand
{
    public static Command Create(SettingsOptions settings)
    {
        var command = new Command("user", "Users of the API: add, list, change");
        var name = new Argument<string>("NAME") { Description = "The name of the user" };
        var role = new Option<AccessRole>("--role")
        {
            Description = "viewer reads, operator starts and replays, admin configures",
            Required = true,
        };
        Add(
            "add",
            "Add a user; the password comes from a prompt or from standard input",
            [name, role],
            async (users, parsed, token) =>
            {
                await users.AddUserAsync(parsed.GetValue(name)!, parsed.GetValue(role), ReadPassword(), token);
                Console.WriteLine($"added {parsed.GetValue(name)}");
            }
        );
        Add(
            "list",
            "List the users",
            [],
            async (users, _, token) =>
            {
                foreach (var user in await users.ListUsersAsync(token))
                    Console.WriteLine($"{user.Name} {user.Role}{(user.Disabled ? " disabled" : "")} since {user.CreatedAt:yyyy-MM-dd}");
            }
        );
        Add(
            "passwd",
            "Set a password and end the user's sessions",
            [name],
            async (users, parsed, token) =>
            {
                await users.SetPasswordAsync(parsed.GetValue(name)!, ReadPassword(), token);
                Console.WriteLine($"changed {parsed.GetValue(name)}");
            }
        );
        Add(
            "role",
            "Change the role and end the user's sessions",
            [name, role],
            (users, parsed, token) => users.SetRoleAsync(parsed.GetValue(name)!, parsed.GetValue(role), token)
        );
        Add(
            "disable",
            "Refuse a user and end the sessions",
            [name],
            (users, parsed, token) => users.SetDisabledAsync(parsed.GetValue(name)!, disabled: true, token)
        );
        Add(
            "enable",
            "Admit a disabled user again",
            [name],
            (users, parsed, token) => users.SetDisabledAsync(parsed.GetValue(name)!, disabled: false, token)
        );
        return command;

        void Add(string verb, string description, Symbol[] symbols, Func<UserAdministration, ParseResult, CancellationToken, Task> run) =>
            command.Subcommands.Add(settings.CreateAdministration(verb, description, symbols, run));
    }

    private static string ReadPassword()
    {
        if (Console.IsInputRedirected)
            return Console.In.ReadLine() ?? "";
        var password = AnsiConsole.Prompt(new TextPrompt<string>("Password:").Secret());
        return AnsiConsole.Prompt(new TextPrompt<string>("Again:").Secret()) == password
            ? password
            : throw new ArgumentException("the two passwords differ");
    }
}

/// <summary><c>api-key add|list|remove</c>: keys of machine senders.</summary>
internal static class ApiKeyCommand
{
    public static Command Create(SettingsOptions settings)
    {
        var command = new Command("api-key", "API keys of machine senders (header X-Api-Key)");
        var name = new Argument<string>("NAME") { Description = "The name of the sender" };
        var role = new Option<AccessRole>("--role")
        {
            Description = "viewer reads, operator starts and sends, admin configures",
            Required = true,
        };
        command.Subcommands.Add(
            settings.CreateAdministration(
                "add",
                "Add a key and print it; it is not stored and not shown again",
                [name, role],
                async (users, parsed, token) =>
                    Console.WriteLine(await users.AddApiKeyAsync(parsed.GetValue(name)!, parsed.GetValue(role), token))
            )
        );
        command.Subcommands.Add(
            settings.CreateAdministration(
                "list",
                "List the keys by name",
                [],
                async (users, _, token) =>
                {
                    foreach (var key in await users.ListApiKeysAsync(token))
                        Console.WriteLine($"{key.Name} {key.Role} since {key.CreatedAt:yyyy-MM-dd}");
                }
            )
        );
        command.Subcommands.Add(
            settings.CreateAdministration(
                "remove",
                "Remove a key",
                [name],
                (users, parsed, token) => users.RemoveApiKeyAsync(parsed.GetValue(name)!, token)
            )
        );
        return command;
    }
}

/// <summary>What the commands of users and keys have in common: they open the database and run once.</summary>
internal static class AdministrationCommand
{
    public static Command CreateAdministration(
        this SettingsOptions settings,
        string verb,
        string description,
        Symbol[] symbols,
        Func<UserAdministration, ParseResult, CancellationToken, Task> run
    )
    {
        var command = new Command(verb, description);
        foreach (var symbol in symbols)
        {
            if (symbol is Argument argument)
                command.Arguments.Add(argument);
            else
                command.Options.Add((Option)symbol);
        }

        settings.AddTo(command, isServer: false);
        command.SetAction(
            async (parsed, token) =>
            {
                var read = settings.Read(parsed);
                await DatabaseSetup.MigrateAsync(read, token);
                await using var database = DatabaseFactory.Open(read.DatabaseOptions);
                await run(new UserAdministration(database, TimeProvider.System), parsed, token);
                return ExitCodes.Success;
            }
        );
        return command;
    }
}
