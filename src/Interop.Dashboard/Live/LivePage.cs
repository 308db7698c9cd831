using Interop.Access;
using Interop.Dashboard.Access;
using Interop.Dashboard.Components;
using Microsoft.AspNetCore.Components;
using Microsoft.Extensions.Logging;

namespace Interop.Dashboard.Live;

/// <summary>A page that reads through grains and reads again while it is open. A failed read shows its reason above the last
/// data.</summary>
public abstract partial class LivePage : ComponentBase, IDisposable
{
    private IDisposable? _ticks;
    private bool _isDisposed;
    private object? _audited;

    [Inject]
    protected IGrainFactory Grains { get; set; } = default!;

    [Inject]
    protected SharedReads Reads { get; set; } = default!;

    [Inject]
    protected CurrentUser User { get; set; } = default!;

    [Inject]
    private AuditLog Audit { get; set; } = default!;

    [Inject]
    protected Toasts Toasts { get; set; } = default!;

    [Inject]
    protected NavigationManager Navigation { get; set; } = default!;

    [Inject]
    private LiveClock Clock { get; set; } = default!;

    [Inject]
    private ILogger<LivePage> Log { get; set; } = default!;

    /// <summary>The reason why the last read failed; null: it succeeded.</summary>
    protected string? Problem { get; private set; }

    /// <summary>Whether data was read at least once.</summary>
    protected bool IsLoaded { get; private set; }

    /// <summary>How often the page reads again; null: only on request.</summary>
    protected virtual TimeSpan? Period => TimeSpan.FromSeconds(2);

    /// <summary>Whether the page shows patients' data, and so audits what it reads. It then reads only once it has its connection: the
    /// first, static rendering would be audited a second time.</summary>
    protected virtual bool ShowsPatients => false;

    /// <summary>Reads what the page shows.</summary>
    protected abstract Task ReadAsync();

    /// <summary>Reads now.</summary>
    protected Task RefreshAsync() => RunAsync(ReadAsync);

    /// <summary>Reads a part of the page; a failure shows as one of the page.</summary>
    protected async Task RunAsync(Func<Task> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            await read();
            (Problem, IsLoaded) = (null, true);
        }
        catch (Exception e) when (!_isDisposed)
        {
            Problem = Describe(e);
        }
    }

    /// <summary>Runs an action of the user. A failure becomes a message, never a broken page.</summary>
    protected async Task ActAsync(AccessRole role, Func<Task> action)
    {
        ArgumentNullException.ThrowIfNull(action);
        try
        {
            await User.RequireAsync(role);
            await AuditAsync(AuditAction.Execute);
            await action();
            Reads.Clear();
        }
        catch (Exception e) when (!_isDisposed)
        {
            Toasts.Failed(Describe(e));
        }

        await RefreshAsync();
    }

    /// <summary>Records in the audit trail what the user does or looks at, before it is done or shown.</summary>
    /// <param name="action">What the user does.</param>
    /// <param name="patient">The patient as <c>Patient/ID</c>, when one is looked at.</param>
    protected Task AuditAsync(AuditAction action, string? patient = null) =>
        Audit.RecordAsync(action, $"Dashboard{GetType().Name}", new Uri(Navigation.Uri).AbsolutePath, patient);

    /// <summary>Records that the user looks at a list. A list that is read again is recorded once, until its filters or its page
    /// change.</summary>
    /// <param name="shown">What the list shows: its filters and its page.</param>
    protected async Task AuditListAsync(object shown)
    {
        ArgumentNullException.ThrowIfNull(shown);
        if (shown.Equals(_audited))
            return;
        await AuditAsync(AuditAction.Query);
        _audited = shown;
    }

    /// <inheritdoc/>
    protected override Task OnParametersSetAsync() => ShowsPatients && !RendererInfo.IsInteractive ? Task.CompletedTask : RefreshAsync();

    /// <inheritdoc/>
    protected override void OnAfterRender(bool firstRender)
    {
        // Only a page with a connection gets here; the first, static rendering reads once.
        if (firstRender && Period is { } period)
            _ticks = Clock.Every(period, () => InvokeAsync(TickAsync));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Stops reading.</summary>
    protected virtual void Dispose(bool disposing)
    {
        _isDisposed = true;
        _ticks?.Dispose();
    }

    private async Task TickAsync()
    {
        if (_isDisposed)
            return;
        await RefreshAsync();
        if (!_isDisposed)
            StateHasChanged();
    }

    private string Describe(Exception failure)
    {
        if (Failures.Describe(failure) is { } known)
            return known;
        LogFailure(Log, failure, GetType().Name);
        return Failures.Unexpected;
    }

    [LoggerMessage(3201, LogLevel.Error, "The page {Page} failed unexpectedly")]
    private static partial void LogFailure(ILogger log, Exception e, string page);
}
