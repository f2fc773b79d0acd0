#pragma once

#include "pricing/bill.h"
#include "ui/rpc/platform_types.h"

#include <QList>
#include <QString>

namespace gantry::models {

// A month that is only imagined: what the calculator's sliders say.
struct ImaginedMonth {
    qint64 requests = 1'000'000;
    int billedMs = 100;
    int memoryMb = 128;
    int tmpMb = 512;
    bool arm64 = false;
    int asyncKb = 0;     // size of an event sent asynchronously; 0: synchronous
    int streamedMb = 0;  // of each response
    int provisioned = 0; // environments kept ready the whole month, and all calls run on them
    bool snapStart = false; // of a runtime that pays for it
    int restores = 0;       // environments restored in the month
    bool freeTier = true;
};

pricing::Usage usageOf(const ImaginedMonth& month, const pricing::PriceTable& table);

// A line of a bill in words: "Duration, x86_64" and "12,500 GB-s".
QString itemText(pricing::Item item);
QString quantityText(pricing::Item item, qint64 quantity);
// Of its name in messages; the last item when there is none of that name.
pricing::Item itemOf(const QString& name);

} // namespace gantry::models
