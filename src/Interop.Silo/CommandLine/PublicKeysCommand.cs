using System.CommandLine;
using Interop.Sources;

namespace Interop.Silo.CommandLine;

/// <summary><c>jwks</c>: the public keys of the sources, to register them with authorization servers.</summary>
internal static class PublicKeysCommand
{
    public static Command Create(SettingsOptions settings)
    {
        var command = new Command(
            "jwks",
            "Print the public keys of the sources with Auth:Kind=smart_backend, to register them inline; GET /.well-known/jwks.json serves the same"
        );
        settings.AddTo(command, isServer: false);
        command.SetAction(parsed =>
        {
            Console.WriteLine(SourceRegistry.PublicKeysOf(settings.Read(parsed).Sources, TimeProvider.System));
            return ExitCodes.Success;
        });
        return command;
    }
}
