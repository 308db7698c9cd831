using Interop.Anomaly.Profiles;

namespace Interop.Monitoring.Tests.Anomaly;

public sealed class KnownPatientsTests
{
    [Fact]
    public void It_knows_what_a_dictionary_would_know_and_forgets_those_opened_longest_ago()
    {
        var known = new KnownPatients();
        var expected = new Dictionary<uint, (int Times, uint Minute, bool Unexplained)>();
        var random = new Random(3);
        for (uint minute = 1; minute < 20_000; minute++)
        {
            var patient = (uint)random.Next(2_000) * 2_147_483u;
            var unexplained = random.Next(2) == 0;
            if (!expected.ContainsKey(patient) && expected.Count >= 900)
            {
                foreach (var oldest in expected.OrderBy(e => e.Value.Minute).Take(90).Select(e => e.Key).ToList())
                    expected.Remove(oldest);
            }

            expected[patient] = (expected.GetValueOrDefault(patient).Times + 1, minute, unexplained);
            known.Add(patient, minute, unexplained);
        }

        foreach (var patients in new[] { known, Saved(known) })
        {
            Assert.Equal(expected.Count, patients.Count);
            foreach (var (patient, visit) in expected)
                Assert.Equal(visit, (patients[patient].Times, patients[patient].LastMinute, patients[patient].Unexplained));
            Assert.Equal(default, patients[1]);
        }
    }

    private static KnownPatients Saved(KnownPatients known)
    {
        using var stream = new MemoryStream();
        known.Write(new BinaryWriter(stream));
        stream.Position = 0;
        var read = new KnownPatients();
        read.Read(new BinaryReader(stream));
        return read;
    }
}
