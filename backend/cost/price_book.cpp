#include "backend/cost/price_book.h"

#include "backend/base/clock.h"
#include "backend/base/error.h"
#include "backend/base/log.h"

#include <absl/strings/str_cat.h>
#include <boost/asio/post.hpp>
#include <google/protobuf/util/message_differencer.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>
#include <vector>

namespace gantry::cost {
namespace {

constexpr std::array<std::string_view, 1> kMigrations{R"sql(
CREATE TABLE times (since INTEGER PRIMARY KEY, prices BLOB NOT NULL);
CREATE TABLE chosen (one INTEGER PRIMARY KEY CHECK (one = 1), region TEXT NOT NULL);
)sql"};

constexpr int kMostTableBytes = 1 << 20;

// What a table says, without where it was found.
v1::PriceTable contentOf(v1::PriceTable message)
{
    message.clear_file();
    message.clear_problem();
    return message;
}

bool sameContent(const v1::PriceTable& a, const v1::PriceTable& b)
{
    return google::protobuf::util::MessageDifferencer::Equals(contentOf(a), contentOf(b));
}

absl::Status insertTime(store::Database& database, std::int64_t since, const v1::PriceTable& table)
{
    const std::string bytes = contentOf(table).SerializeAsString();
    return database.run("INSERT OR REPLACE INTO times VALUES (?, ?)",
                        {since, store::Value::blob(bytes)});
}

// The tables that were in use, and the region that was chosen last.
struct Kept {
    std::optional<PriceTimes> times;
    std::string chosen;
};

absl::StatusOr<Kept> readKept(store::Database& database)
{
    Kept kept;
    const absl::Status read = database.query(
        "SELECT since, prices FROM times ORDER BY since", {}, [&kept](const store::Row& row) {
            Prices prices;
            const bool parsed = prices.message.ParseFromString(std::string(row.blob(1)));
            auto table = pricing::fromMessage(prices.message);
            if (!parsed || !table.ok())
                return log::warning("A price table of the past cannot be read.");
            prices.table = *std::move(table);
            if (kept.times)
                kept.times->add(row.integer(0), std::move(prices));
            else
                kept.times.emplace(std::move(prices));
        });
    if (!read.ok())
        return read;
    const absl::Status status =
        database.query("SELECT region FROM chosen", {},
                       [&kept](const store::Row& row) { kept.chosen = row.text(0); });
    if (!status.ok())
        return status;
    return kept;
}

} // namespace

absl::StatusOr<std::unique_ptr<PriceBook>>
PriceBook::open(boost::asio::io_context& io, const Clock& clock, const PriceFolders& folders,
                const std::filesystem::path& file, const std::string& region)
{
    auto database = store::Database::open(file, kMigrations);
    if (!database.ok())
        return database.status();
    auto kept = readKept(*database);
    if (!kept.ok())
        return kept.status();
    const std::string chosen = kept->chosen.empty() ? region : kept->chosen;
    auto now = findPrices(folders.shipped, folders.edited, chosen);
    if (!now.ok())
        return now.status();
    const bool first = !kept->times;
    if (first || !sameContent(kept->times->current().message, now->message)) {
        const std::int64_t since = first ? 0 : clock.unixMicros();
        const absl::Status status = insertTime(*database, since, now->message);
        if (!status.ok())
            return status;
        if (!first)
            kept->times->add(since, *now);
    } else { // with the file and the problem of this time
        kept->times->add(kept->times->currentSince(), *now);
    }
    return std::unique_ptr<PriceBook>(
        new PriceBook(io, clock, folders, *std::move(database),
                      first ? PriceTimes(*std::move(now)) : *std::move(kept->times), chosen));
}

PriceBook::PriceBook(boost::asio::io_context& io, const Clock& clock, PriceFolders folders,
                     store::Database database, PriceTimes times, std::string chosen)
    : m_io(io), m_clock(clock), m_folders(std::move(folders)), m_times(std::move(times)),
      m_chosen(std::move(chosen)), m_writer(io, std::move(database))
{
}

void PriceBook::onFiles(std::function<absl::Status(const PriceFolders&)> work,
                        std::function<void(absl::Status)> done)
{
    m_workers.post([this, alive = std::weak_ptr<bool>(m_alive), work = std::move(work),
                    done = std::move(done)]() mutable {
        absl::Status status = work(m_folders); // the pool ends before the folders
        boost::asio::post(m_io, [alive, status = std::move(status), done = std::move(done)] {
            if (!alive.expired())
                done(status);
        });
    });
}

// Whether a change of this table is one of the prices in use. They may be another region's, where
// the wanted one has no table.
bool PriceBook::counts(const std::string& region) const
{
    return region == m_chosen || region == m_times.current().table.region;
}

void PriceBook::list(Done done)
{
    auto found = std::make_shared<v1::PriceTableList>();
    onFiles(
        [found](const PriceFolders& folders) {
            for (const std::string& region : priceRegions(folders)) {
                const auto prices = findPrices(folders.shipped, folders.edited, region);
                if (!prices.ok())
                    return prices.status();
                v1::PriceTableList::Entry& entry = *found->add_entries();
                entry.set_region(region);
                *entry.mutable_table() = prices->message;
                entry.set_shipped(isShipped(folders, region));
            }
            return absl::OkStatus();
        },
        [this, found, done = std::move(done)](const absl::Status& status) {
            if (!status.ok())
                return done(status);
            for (v1::PriceTableList::Entry& entry : *found->mutable_entries())
                entry.set_in_use(entry.region() == m_times.current().table.region);
            found->set_since_ms(m_times.currentSince() / 1'000);
            done(std::move(*found));
        });
}

void PriceBook::put(const v1::PriceTable& table, Done done)
{
    if (!isRegionName(table.region()))
        return done(validationError("A table's region is 1 to 40 of a to z, 0 to 9 and -."));
    if (table.ByteSizeLong() > kMostTableBytes)
        return done(validationError("The table is larger than 1 MB."));
    if (const auto checked = pricing::fromMessage(table); !checked.ok())
        return done(validationError(absl::StrCat(checked.status().message(), ".")));
    onFiles([table](const PriceFolders& folders) { return writePrices(folders, table); },
            [this, region = table.region(), done = std::move(done)](const absl::Status& status) {
                if (!status.ok())
                    return done(status);
                if (!counts(region))
                    return list(done);
                take(region, done);
            });
}

void PriceBook::remove(const std::string& region, Done done)
{
    if (!isRegionName(region))
        return done(validationError("There is no such table."));
    const bool inUse = region == m_times.current().table.region;
    if (inUse && !m_times.current().message.edited())
        return done(validationError("This table belongs to the installation."));
    onFiles(
        [region, inUse](const PriceFolders& folders) {
            if (inUse && !isShipped(folders, region))
                return validationError("This table is in use: choose another one first.");
            return removePrices(folders, region);
        },
        [this, region, done = std::move(done)](const absl::Status& status) {
            if (!status.ok())
                return done(status);
            if (!counts(region))
                return list(done);
            take(region, done);
        });
}

void PriceBook::use(const std::string& region, Done done)
{
    onFiles(
        [region](const PriceFolders& folders) {
            const auto regions = priceRegions(folders);
            if (std::find(regions.begin(), regions.end(), region) == regions.end())
                return notFound(absl::StrCat("There is no price table of ", region, "."));
            return absl::OkStatus();
        },
        [this, region, done = std::move(done)](const absl::Status& status) {
            if (!status.ok())
                return done(status);
            take(region, done);
        });
}

// Reads the region's table anew and lets it count from now on.
void PriceBook::take(const std::string& region, Done done)
{
    auto prices = std::make_shared<Prices>();
    onFiles(
        [region, prices](const PriceFolders& folders) {
            auto found = findPrices(folders.shipped, folders.edited, region);
            if (!found.ok())
                return found.status();
            if (!found->message.problem().empty())
                return validationError(found->message.problem());
            *prices = *std::move(found);
            return absl::OkStatus();
        },
        [this, region, prices, done = std::move(done)](const absl::Status& status) {
            if (!status.ok())
                return done(status);
            switchTo(region, std::move(*prices), done);
        });
}

// The prices count at once and not only after the commit: from one moment on for everything.
void PriceBook::switchTo(const std::string& region, Prices prices, Done done)
{
    const PriceTimes before = m_times;
    const std::string chosenBefore = std::exchange(m_chosen, region);
    const bool same = sameContent(before.current().message, prices.message);
    const std::int64_t since = same ? before.currentSince() : m_clock.unixMicros();
    const v1::PriceTable message = prices.message;
    m_times.add(since, std::move(prices));
    if (m_listener)
        m_listener(m_times);
    m_writer.submit(
        [region, since, same, message](store::Database& database) {
            absl::Status status = same ? absl::OkStatus() : insertTime(database, since, message);
            if (status.ok())
                status = database.run("INSERT OR REPLACE INTO chosen VALUES (1, ?)", {region});
            return status;
        },
        [this, before, chosenBefore, done = std::move(done)](const absl::Status& status) {
            if (status.ok())
                return list(done);
            m_times = before;
            m_chosen = chosenBefore;
            if (m_listener)
                m_listener(m_times);
            done(status);
        });
}

} // namespace gantry::cost
