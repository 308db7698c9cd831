namespace Interop.Ingestion.Loading;

/// <summary>What one page adds to a run's counters.</summary>
internal sealed class RunDelta
{
    public long Fetched { get; set; }

    public long Validated { get; set; }

    public long Invalid { get; set; }

    public long TransformErrors { get; set; }

    public long Upserted { get; set; }

    public long Unchanged { get; set; }

    public long Refetched { get; set; }

    public long LoadErrors { get; set; }

    public long DeadLetters { get; set; }

    public long Deleted { get; set; }

    public long Included { get; set; }

    public long PatientsFetched { get; set; }

    public long PatientsUpserted { get; set; }

    /// <summary>Counts one resource that was fetched and not written.</summary>
    public void Count(SeenAs seen)
    {
        if (seen == SeenAs.Bystander)
            return;
        Fetched++;
        if (seen == SeenAs.Invalid)
        {
            Invalid++;
            return;
        }

        Validated++;
        switch (seen)
        {
            case SeenAs.Unchanged:
                Unchanged++;
                break;
            case SeenAs.TransformError:
                TransformErrors++;
                break;
            default:
                LoadErrors++;
                break;
        }
    }
}
