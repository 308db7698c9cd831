namespace Orleans { internal static class Stub; }
namespace Orleans.Runtime { internal static class Stub; }
namespace Orleans.Hosting { internal static class Stub; }
namespace Orleans.Concurrency { internal static class Stub; }
