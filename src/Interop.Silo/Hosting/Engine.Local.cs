namespace Interop.Silo.Hosting;

internal static class Engine;
