using Interop.Silo.CommandLine;

return await InteropCommand.RunAsync(args);
