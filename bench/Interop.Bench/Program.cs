using System.CommandLine;
using Interop.Bench.Ingestion;

var root = new RootCommand("Measurements of Interop: ratios against a floor that is taken in the same run.");
root.Subcommands.Add(IngestBench.Create());
return await root.Parse(args).InvokeAsync();
