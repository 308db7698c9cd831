using System.Diagnostics;

namespace Interop.TestServers;

/// <summary>
/// A temporary directory and its owner. PostgreSQL refuses to run as root, so a test process of root starts it as "postgres" (or "nobody").
/// A small shell waits for the end of its standard input, which comes when the test process ends, even when it is killed. Then the shell
/// stops the server and removes the directory.
/// </summary>
internal sealed class OwnedDirectory : IAsyncDisposable
{
    // $1: the directory. The shell ignores signals to the terminal's process group (Ctrl-C) until its work is done.
    private const string Watch = """
        trap '' INT HUP TERM
        cat >/dev/null
        pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null)
        if [ -n "$pid" ]; then
            kill -QUIT "$pid" 2>/dev/null
            tries=0
            while kill -0 "$pid" 2>/dev/null && [ "$tries" -lt 100 ]; do tries=$((tries + 1)); sleep 0.1; done
        fi
        rm -rf "$1"
        """;

    private readonly User? _user;
    private readonly Process _watch;

    private OwnedDirectory(string path, User? user, Process watch)
    {
        Path = path;
        _user = user;
        _watch = watch;
    }

    public string Path { get; }

    public static async Task<OwnedDirectory> CreateAsync(string prefix, CancellationToken cancellationToken)
    {
        var path = Directory.CreateTempSubdirectory(prefix).FullName;
        var start = new ProcessStartInfo("/bin/sh") { RedirectStandardInput = true, WorkingDirectory = "/" };
        foreach (var argument in new[] { "-c", Watch, "watch", path })
            start.ArgumentList.Add(argument);
        var directory = new OwnedDirectory(
            path,
            UnixProcess.IsRoot ? await UnprivilegedUserAsync(cancellationToken) : null,
            Process.Start(start)!
        );
        await directory.TakeOverAsync(path, cancellationToken);
        return directory;
    }

    /// <summary>Makes the directory's user the owner of a file in it.</summary>
    public async Task TakeOverAsync(string path, CancellationToken cancellationToken)
    {
        if (_user is not null)
            await RunAsync("chown", [_user.Id, path], cancellationToken);
    }

    /// <summary>Starts a program as the directory's user. Its output is appended to the log.</summary>
    public Process Start(string log, IEnumerable<string> command)
    {
        var start = new ProcessStartInfo("/bin/sh") { WorkingDirectory = Path };
        // exec at each step: the started process becomes the program itself and receives its signals.
        string[] shell = ["-c", "log=$1; shift; exec \"$@\" >>\"$log\" 2>&1 </dev/null", "sh", log];
        string[] asUser = _user is null ? [] : ["setpriv", $"--reuid={_user.Id}", $"--regid={_user.GroupId}", "--clear-groups"];
        foreach (var argument in (IEnumerable<string>)[.. shell, .. asUser, .. command])
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    public async ValueTask DisposeAsync()
    {
        _watch.StandardInput.Close();
        await _watch.WaitForExitAsync();
        _watch.Dispose();
    }

    // name:password:uid:gid:..
    private static async Task<User> UnprivilegedUserAsync(CancellationToken cancellationToken)
    {
        var users = (await File.ReadAllLinesAsync("/etc/passwd", cancellationToken)).Select(line => line.Split(':')).ToList();
        var fields =
            users.Find(user => user[0] == "postgres")
            ?? users.Find(user => user[0] == "nobody")
            ?? throw new InvalidOperationException(
                "PostgreSQL refuses to run as root, and this system has no user postgres or nobody to run it"
            );
        return new User(fields[2], fields[3]);
    }

    private static async Task RunAsync(string program, string[] arguments, CancellationToken cancellationToken)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        await process.WaitForExitAsync(cancellationToken);
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}");
    }

    private sealed record User(string Id, string GroupId);
}
