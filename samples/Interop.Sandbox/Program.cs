using Interop.Sandbox;

return await SandboxCommand.Create().Parse(args).InvokeAsync();
