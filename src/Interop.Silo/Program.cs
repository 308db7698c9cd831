using Interop.Silo.CommandLine;
using Interop.Silo.Hosting;

OwnerOnlyFiles.Apply();
return await InteropCommand.RunAsync(args);
