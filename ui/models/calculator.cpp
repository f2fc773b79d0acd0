#include "ui/models/calculator.h"

#include "pricing/crossover.h"
#include "ui/models/format.h"

#include <QCoreApplication>
#include <QLocale>

#include <string_view>

namespace gantry::models {

namespace {

using pricing::Item;

QString tr(const char* text)
{
    return QCoreApplication::translate("gantry::models::calculator", text);
}

} // namespace

pricing::Usage usageOf(const ImaginedMonth& month, const pricing::PriceTable& table)
{
    pricing::Invocation call;
    call.arm64 = month.arm64;
    call.memoryMb = month.memoryMb;
    call.tmpMb = month.tmpMb;
    call.billedMs = month.billedMs;
    call.asynchronous = month.asyncKb > 0;
    call.eventBytes = qint64(month.asyncKb) * 1024;
    call.streamedBytes = qint64(month.streamedMb) << 20;
    call.provisioned = month.provisioned > 0;
    const pricing::Usage one = pricing::usageOf(call, table);
    pricing::Usage all;
    const auto times = [&month](qint64 each) { return each * month.requests; };
    all.invocations = times(one.invocations);
    all.requests = times(one.requests);
    all.tmpMbMillis = times(one.tmpMbMillis);
    all.streamedBytes = times(one.streamedBytes);
    pricing::Usage::Architecture& used = month.arm64 ? all.arm : all.x86;
    const pricing::Usage::Architecture& each = month.arm64 ? one.arm : one.x86;
    used.mbMillis = times(each.mbMillis);
    used.provisionedDurationMbMillis = times(each.provisionedDurationMbMillis);
    const qint64 monthMs = pricing::kMonthSeconds * 1'000;
    used.provisionedMbMillis = qint64(month.provisioned) * month.memoryMb * monthMs;
    if (month.snapStart) {
        all.snapshotMbMillis = qint64(month.memoryMb) * monthMs;
        all.restoredMb = qint64(month.restores) * month.memoryMb;
    }
    return all;
}

QString itemText(Item item)
{
    switch (item) {
    case Item::Requests:
        return tr("Requests");
    case Item::DurationX86:
        return tr("Duration, x86_64");
    case Item::DurationArm:
        return tr("Duration, arm64");
    case Item::ProvisionedX86:
        return tr("Provisioned concurrency, x86_64");
    case Item::ProvisionedArm:
        return tr("Provisioned concurrency, arm64");
    case Item::ProvisionedDurationX86:
        return tr("Duration on provisioned concurrency, x86_64");
    case Item::ProvisionedDurationArm:
        return tr("Duration on provisioned concurrency, arm64");
    case Item::TmpStorage:
        return tr("/tmp beyond the included size");
    case Item::StreamedResponse:
        return tr("Streamed responses");
    case Item::SnapshotCache:
        return tr("SnapStart cache");
    case Item::SnapshotRestore:
        return tr("SnapStart restores");
    case Item::TenantEnvironments:
        return tr("Environments of new tenants");
    case Item::DurableOperations:
        return tr("Durable operations");
    case Item::DurableWrites:
        return tr("Durable data written");
    }
    return {};
}

QString quantityText(Item item, qint64 quantity)
{
    switch (item) {
    case Item::Requests:
    case Item::DurableOperations:
        return formatCount(quantity);
    case Item::StreamedResponse:
    case Item::DurableWrites:
        return formatBytes(quantity);
    case Item::SnapshotRestore:
    case Item::TenantEnvironments:
        return tr("%1 GB").arg(QLocale().toString(double(quantity) / 1'024, 'f', 2));
    default: {
        const double gbSeconds = double(quantity) / double(pricing::kMbMillisPerGbSecond);
        return tr("%1 GB-s").arg(QLocale().toString(gbSeconds, 'f', gbSeconds < 100 ? 3 : 0));
    }
    }
}

Item itemOf(const QString& name)
{
    const std::string text = name.toStdString();
    for (int i = 0; i < pricing::kItems; ++i) {
        if (pricing::nameOf(Item(i)) == text)
            return Item(i);
    }
    return Item(pricing::kItems - 1);
}

} // namespace gantry::models
