using Interop.Anomaly.Features;

namespace Interop.Anomaly.Profiles;

/// <summary>From where the agent works, its failed logins, and whether the account was silent for long.</summary>
internal sealed class CredentialHistory
{
    private const float RareNetworkFrom = 3; // the network of employees' homes carries more than one access in 1,000
    private const float SharedAddressFrom = 3.5f;
    private const int FailuresOfAlarm = 3;
    private const uint AlarmMinutes = 60;
    private const uint SilentFromMinutes = 7 * ObservedAccess.MinutesPerDay;

    internal readonly DecayedCounts Addresses = new(32);
    internal readonly DecayedCounts Devices = new(16);
    internal readonly DecayedCounts Networks = new(8);
    internal uint ReturnMinute;
    internal float SilentDays;
    internal uint AlarmMinute;
    internal int AlarmFailures;
    internal uint AlarmAddress;
    internal uint FailureAddress;

    public void Decay(float factor)
    {
        Addresses.Decay(factor);
        Devices.Decay(factor);
        Networks.Decay(factor);
    }

    /// <summary>Notes that the agent was silent before this minute.</summary>
    public void Return(uint minute, uint silentMinutes)
    {
        if (silentMinutes > SilentFromMinutes)
            (SilentDays, ReturnMinute) = (silentMinutes / (float)ObservedAccess.MinutesPerDay, minute);
    }

    /// <summary>Writes the features, then counts address, network and device.</summary>
    /// <param name="observed">The access.</param>
    /// <param name="row">The features.</param>
    /// <param name="recent">The last hour.</param>
    /// <param name="failureShare">The share of the agent's accesses that failed.</param>
    /// <param name="hasHistory">Something new stands out.</param>
    public void Write(in ObservedAccess observed, FeatureRow row, RecentHour recent, float failureShare, bool hasHistory)
    {
        row.SetFrom(AccessFeature.FailureShare, 0.05f, failureShare);
        WriteFailures(observed, row, recent.Failures(10));
        var (e, day) = (observed.Event, observed.Day);
        if (e.Address is not null)
        {
            row.Set(AccessFeature.NewAddress, IsNew(Addresses, observed.Address, day, hasHistory), 1, Addresses.Keys);
            row.SetFrom(AccessFeature.AgentsAtAddress, SharedAddressFrom, MathF.Log(1 + (float)observed.Population.AgentsAtAddress));
            Addresses.Add(observed.Address, day);
            if (Profiles.Networks.Of(e.Address) is { } name)
            {
                var network = StableHash.Of(name);
                row.SetFrom(
                    AccessFeature.NewNetwork,
                    RareNetworkFrom,
                    IsNew(Networks, network, day, hasHistory) * (float)observed.Population.NetworkRarity
                );
                Networks.Add(network, day);
            }
        }

        if (e.Device is not null)
        {
            var device = StableHash.Of(e.Device);
            row.Set(AccessFeature.NewDevice, IsNew(Devices, device, day, hasHistory), 1, Devices.Keys);
            Devices.Add(device, day);
        }

        // For a day after its return an account counts as dormant. Care, or the patient's own record, explains the return.
        var returned = observed.Minute >= ReturnMinute && observed.Minute - ReturnMinute < ObservedAccess.MinutesPerDay;
        if (!observed.IsExplained && SilentDays > 0 && returned)
            row.Set(AccessFeature.Dormancy, MathF.Log(1 + (SilentDays / 7)));
    }

    /// <summary>Failures at one address do not count against the owner of the account at another address.</summary>
    private void WriteFailures(in ObservedAccess observed, FeatureRow row, int failures)
    {
        var (e, minute, address) = (observed.Event, observed.Minute, observed.Address);
        if (e.Failed)
            FailureAddress = address;
        row.SetFrom(AccessFeature.FailureBurst, 2, address == FailureAddress ? failures : 0);
        if (e.Kind == AccessKind.Login && !e.Failed && failures >= FailuresOfAlarm && address == FailureAddress)
            (AlarmMinute, AlarmFailures, AlarmAddress) = (minute, failures, address);
        var alarmed = AlarmFailures > 0 && address == AlarmAddress && minute >= AlarmMinute && minute - AlarmMinute <= AlarmMinutes;
        row.Set(AccessFeature.SuccessAfterFailures, alarmed ? AlarmFailures : 0);
    }

    /// <summary>1 on the first day of a key, once the agent has a history.</summary>
    private static float IsNew(DecayedCounts counts, uint key, int day, bool hasHistory) =>
        hasHistory && counts.FirstDay(key, day) == day ? 1 : 0;
}
