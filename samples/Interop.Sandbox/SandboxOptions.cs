using Interop.Sandbox.Hospital;

namespace Interop.Sandbox;

/// <summary>How a result is paged.</summary>
public enum PagingMode
{
    /// <summary>Like HAPI: the result's ids and versions are frozen at search time, and `next` is a link into that snapshot, which
    /// expires.</summary>
    Snapshot,

    /// <summary>`next` carries an offset into the result as it is when the page is asked for: rows move between pages while others
    /// write.</summary>
    Live,
}

/// <summary>What the sandbox serves and how. The defaults are 1,000 patients and 30,000 resources, the same bytes on every
/// machine.</summary>
public sealed record SandboxOptions
{
    public string Host { get; init; } = "127.0.0.1";

    /// <summary>0 takes a free port.</summary>
    public int Port { get; init; }

    public int Patients { get; init; } = 1000;

    public int ObservationsPerPatient { get; init; } = 22;

    public int EncountersPerPatient { get; init; } = 5;

    public int ConditionsPerPatient { get; init; } = 2;

    public ulong Seed { get; init; } = 1;

    /// <summary>The share of resources that violate R4: one in every 1/share, of each type.</summary>
    public double BadShare { get; init; } = 0.005;

    /// <summary>The share of observations, encounters and conditions whose patient is not on the server.</summary>
    public double MissingPatientShare { get; init; } = 0.0005;

    /// <summary>The share of patients that no client can see before the first search of Patient is over: they arrive late. One in every
    /// 1/share.</summary>
    public double LatePatientShare { get; init; }

    /// <summary>The share of resources that carry no `meta.lastUpdated`, as some servers send them; they sort by an instant that only the
    /// server knows.</summary>
    public double NoLastUpdatedShare { get; init; }

    /// <summary>`meta.lastUpdated` lies between these two fixed instants, so that no run's data depends on the day it runs.</summary>
    public DateTimeOffset StartOfData { get; init; } = new(2026, 1, 5, 0, 0, 0, TimeSpan.Zero);

    public DateTimeOffset EndOfData { get; init; } = new(2026, 2, 16, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Serves the `{Type}.ndjson` and `{Type}.ndjson.gz` files of this directory instead of synthetic data.</summary>
    public string? DataDirectory { get; init; }

    /// <summary>Serves a simulated hospital (clinical resources and AuditEvents) instead of synthetic data.</summary>
    public HospitalFeed? Hospital { get; init; }

    public PagingMode Paging { get; init; } = PagingMode.Snapshot;

    /// <summary>How long a snapshot's `next` links work.</summary>
    public TimeSpan PagingExpiry { get; init; } = TimeSpan.FromMinutes(10);

    public int DefaultCount { get; init; } = 20;

    public int MaxCount { get; init; } = 1000;

    /// <summary>Whether `/fhir/metadata` is served; some servers hide it.</summary>
    public bool Metadata { get; init; } = true;

    /// <summary>Whether transactions and batches are supported.</summary>
    public bool Transactions { get; init; } = true;

    /// <summary>Whether conditional creates and updates are supported.</summary>
    public bool ConditionalWrites { get; init; } = true;

    /// <summary>Access control of `/fhir`; null allows every caller.</summary>
    public AccessOptions? Access { get; init; }

    /// <summary>The clock behind `Date`, the stamps of written resources and the expiry of snapshots.</summary>
    public TimeProvider Time { get; init; } = TimeProvider.System;

    internal void Validate()
    {
        Require(Patients >= 0, nameof(Patients), "must not be negative");
        Require(
            ObservationsPerPatient >= 0 && EncountersPerPatient >= 0 && ConditionsPerPatient >= 0,
            nameof(ObservationsPerPatient),
            "must not be negative"
        );
        Require(
            (long)Patients * Math.Max(ObservationsPerPatient, Math.Max(EncountersPerPatient, ConditionsPerPatient)) < 100_000_000,
            nameof(Patients),
            "gives more than 100 million resources of a type"
        );
        Require(BadShare is >= 0 and <= 1, nameof(BadShare), "is a share between 0 and 1");
        Require(MissingPatientShare is >= 0 and <= 1, nameof(MissingPatientShare), "is a share between 0 and 1");
        Require(LatePatientShare is >= 0 and <= 1, nameof(LatePatientShare), "is a share between 0 and 1");
        Require(NoLastUpdatedShare is >= 0 and <= 1, nameof(NoLastUpdatedShare), "is a share between 0 and 1");
        Require(StartOfData < EndOfData, nameof(EndOfData), "must lie after StartOfData");
        Require(Port is >= 0 and <= 65535, nameof(Port), "is a port between 0 and 65535");
        Require(DefaultCount >= 1 && DefaultCount <= MaxCount, nameof(DefaultCount), "must lie between 1 and MaxCount");
        Require(Hospital is null || DataDirectory is null, nameof(Hospital), "cannot be combined with DataDirectory");
        Hospital?.Validate();
        Require(DataDirectory is null || Directory.Exists(DataDirectory), nameof(DataDirectory), $"does not exist: {DataDirectory}");
    }

    private static void Require(bool condition, string name, string problem)
    {
        if (!condition)
            throw new ArgumentException($"Sandbox option {name} {problem}.", name);
    }
}

/// <summary>
/// What a caller of `/fhir` must show: HTTP Basic with these credentials, or a bearer token from `POST /oauth2/token`, which a client gets
/// with its secret or with an assertion signed by the private half of <see cref="PublicJwk"/> (SMART Backend Services).
/// </summary>
public sealed record AccessOptions
{
    public bool AllowBearer { get; init; } = true;

    /// <summary>Whether tokens of the sandbox's OpenEMR are taken as well, as by a FHIR server that is part of one.</summary>
    public bool AllowOpenEmr { get; init; }

    public bool AllowBasic { get; init; }

    public string ClientId { get; init; } = "interop";

    /// <summary>The secret of client_credentials, and the password of Basic, whose user is <see cref="ClientId"/>.</summary>
    public string? ClientSecret { get; init; }

    /// <summary>An RSA or EC public key as a JSON Web Key.</summary>
    public string? PublicJwk { get; init; }

    public TimeSpan TokenLifetime { get; init; } = TimeSpan.FromMinutes(5);
}
