using System.Xml.Linq;
using Interop.Access;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.Extensions.DependencyInjection;

namespace Interop.Api.Access;

/// <summary>Keeps the keys of Data Protection in the cluster, so that every front end has the same.</summary>
internal sealed class SharedKeys(IGrainFactory grains) : IXmlRepository
{
    private IKeyRingGrain Grain => grains.GetGrain<IKeyRingGrain>(0);

    // The interface is synchronous. It is called at start and about once a day.
    public IReadOnlyCollection<XElement> GetAllElements() =>
        [.. Task.Run(() => Grain.List()).GetAwaiter().GetResult().Select(key => XElement.Parse(key.Xml))];

    public void StoreElement(XElement element, string friendlyName) =>
        Task.Run(() => Grain.Add(new KeyRingEntry(friendlyName, element.ToString(SaveOptions.DisableFormatting)))).GetAwaiter().GetResult();
}

/// <summary>Registers <see cref="SharedKeys"/>.</summary>
internal static class SharedKeysServices
{
    public static void AddSharedKeys(this IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("Interop");
        services.AddOptions<KeyManagementOptions>().Configure<IGrainFactory>((keys, grains) => keys.XmlRepository = new SharedKeys(grains));
    }
}
