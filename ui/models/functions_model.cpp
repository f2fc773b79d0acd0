#include "ui/models/functions_model.h"

#include "ui/models/format.h"
#include "ui/models/live_metrics.h"
#include "ui/rpc/monitor_api.h"

#include <QLocale>

#include <algorithm>

namespace gantry::models {

using Kind = rpc::FunctionEvent::Kind;

namespace {

constexpr int kRetryMs = 1000;

FunctionsModel::Row makeRow(const rpc::FunctionOverview& function)
{
    FunctionsModel::Row row;
    row.overview = function;
    row.lastModified = QDateTime::fromString(function.lastModified, Qt::ISODateWithMs);
    row.nameFolded = function.name.toCaseFolded();
    return row;
}

} // namespace

FunctionsModel::FunctionsModel(rpc::Channel& channel, rpc::MonitorApi& api,
                               const LiveMetrics* liveMetrics, QObject* parent)
    : QAbstractTableModel(parent), m_channel(channel), m_api(api), m_liveMetrics(liveMetrics)
{
    m_applyTimer.setSingleShot(true);
    m_applyTimer.setInterval(kApplyMs);
    connect(&m_applyTimer, &QTimer::timeout, this, &FunctionsModel::flush);
    m_retryTimer.setSingleShot(true);
    m_retryTimer.setInterval(kRetryMs);
    connect(&m_retryTimer, &QTimer::timeout, this, &FunctionsModel::start);
    m_liveTimer.setSingleShot(true);
    m_liveTimer.setInterval(kLiveMs);
    connect(&m_liveTimer, &QTimer::timeout, this, &FunctionsModel::refreshNumbers);
    if (m_liveMetrics)
        connect(m_liveMetrics, &LiveMetrics::updated, this, &FunctionsModel::scheduleNumbers);
    connect(&m_channel, &rpc::Channel::stateChanged, this, &FunctionsModel::onChannelState);
    onChannelState(m_channel.state());
}

FunctionsModel::~FunctionsModel() = default;

void FunctionsModel::onChannelState(rpc::Channel::State state)
{
    if (state == rpc::Channel::State::Connected) {
        if (!m_stream)
            start();
        return;
    }
    m_retryTimer.stop();
    m_stream.reset();
    Q_EMIT currentChanged();
}

void FunctionsModel::start()
{
    m_pending.clear();
    m_snapshot.clear();
    m_inSnapshot = true;
    m_stream = m_api.watchFunctions([this](rpc::FunctionEvent event) { take(event); },
                                    [this](rpc::Error) { onEnd(); });
    Q_EMIT currentChanged();
}

void FunctionsModel::onEnd()
{
    m_stream.reset();
    if (m_channel.state() == rpc::Channel::State::Connected)
        m_retryTimer.start();
    Q_EMIT currentChanged();
}

void FunctionsModel::take(const rpc::FunctionEvent& event)
{
    m_pending.push_back(event);
    if (!m_applyTimer.isActive())
        m_applyTimer.start();
}

void FunctionsModel::flush()
{
    m_applyTimer.stop();
    const std::vector<rpc::FunctionEvent> events = std::exchange(m_pending, {});
    std::vector<Row> added;
    QStringList removed;
    QStringList changed;
    for (const rpc::FunctionEvent& event : events) {
        const rpc::FunctionOverview& function = event.function;
        switch (event.kind) {
        case Kind::Present:
            m_snapshot.insert(function.name, function);
            break;
        case Kind::SnapshotEnd:
            applySnapshot();
            break;
        case Kind::Created:
        case Kind::Updated:
            if (removed.removeOne(function.name))
                removeRows({function.name});
            std::erase_if(added, [&](const Row& r) { return r.overview.name == function.name; });
            upsert(function, added);
            changed << function.name;
            break;
        case Kind::Deleted:
            std::erase_if(added, [&](const Row& r) { return r.overview.name == function.name; });
            changed.removeAll(function.name);
            if (rowOf(function.name) >= 0)
                removed << function.name;
            break;
        }
    }
    append(std::move(added));
    removeRows(removed);
    for (const QString& name : std::as_const(changed))
        Q_EMIT functionChanged(name);
    for (const QString& name : std::as_const(removed))
        Q_EMIT functionRemoved(name);
}

void FunctionsModel::applySnapshot()
{
    QStringList gone;
    for (const Row& row : m_rows) {
        if (!m_snapshot.contains(row.overview.name))
            gone << row.overview.name;
    }
    removeRows(gone);
    std::vector<Row> added;
    for (const rpc::FunctionOverview& function : std::as_const(m_snapshot))
        upsert(function, added);
    m_snapshot.clear();
    append(std::move(added));
    m_inSnapshot = false;
    if (!std::exchange(m_loaded, true))
        Q_EMIT loadedChanged();
    Q_EMIT currentChanged();
    for (const QString& name : std::as_const(gone))
        Q_EMIT functionRemoved(name);
    refreshNumbers();
}

void FunctionsModel::upsert(const rpc::FunctionOverview& function, std::vector<Row>& added)
{
    const int at = rowOf(function.name);
    if (at < 0) {
        added.push_back(makeRow(function));
        return;
    }
    Row& row = m_rows[static_cast<std::size_t>(at)];
    Row fresh = makeRow(function);
    fresh.concurrency = row.concurrency;
    fresh.invocations = row.invocations;
    fresh.errors = row.errors;
    fresh.costUsd = row.costUsd;
    row = std::move(fresh);
    Q_EMIT dataChanged(index(at, 0), index(at, ColumnCount - 1));
}

void FunctionsModel::append(std::vector<Row> added)
{
    if (added.empty())
        return;
    const int first = static_cast<int>(m_rows.size());
    beginInsertRows({}, first, first + static_cast<int>(added.size()) - 1);
    m_rows.reserve(m_rows.size() + added.size());
    for (Row& row : added) {
        m_rowByName.insert(row.overview.name, static_cast<int>(m_rows.size()));
        m_rows.push_back(std::move(row));
    }
    endInsertRows();
}

void FunctionsModel::removeRows(const QStringList& names)
{
    if (names.isEmpty())
        return;
    std::vector<int> rows;
    for (const QString& name : names) {
        if (const int row = rowOf(name); row >= 0)
            rows.push_back(row);
    }
    // From the end, run by run: rows before a run keep their numbers.
    std::sort(rows.begin(), rows.end());
    while (!rows.empty()) {
        const int last = rows.back();
        int first = last;
        for (rows.pop_back(); !rows.empty() && rows.back() == first - 1; rows.pop_back())
            --first;
        removeRun(first, last);
    }
}

void FunctionsModel::removeRun(int first, int last)
{
    beginRemoveRows({}, first, last);
    for (int i = first; i <= last; ++i)
        m_rowByName.remove(row(i).overview.name);
    m_rows.erase(m_rows.begin() + first, m_rows.begin() + last + 1);
    for (int i = first; i < static_cast<int>(m_rows.size()); ++i)
        m_rowByName[row(i).overview.name] = i;
    endRemoveRows();
}

const rpc::FunctionOverview* FunctionsModel::find(const QString& name) const
{
    const int at = rowOf(name);
    return at < 0 ? nullptr : &row(at).overview;
}

QStringList FunctionsModel::names() const
{
    QStringList names;
    names.reserve(static_cast<qsizetype>(m_rows.size()));
    for (const Row& row : m_rows)
        names << row.overview.name;
    return names;
}

void FunctionsModel::scheduleNumbers()
{
    if (!m_liveTimer.isActive())
        m_liveTimer.start();
}

void FunctionsModel::refreshNumbers()
{
    if (!m_liveMetrics)
        return;
    const qint64 now = m_liveMetrics->nowMs();
    const QStringList active = m_liveMetrics->functionNames();
    bool busy = false;
    for (const QString& name : active) {
        const int at = rowOf(name);
        if (at < 0)
            continue;
        Row& row = m_rows[static_cast<std::size_t>(at)];
        const MetricsTotals totals =
            m_liveMetrics->function(name).totals(now - kWindowMs, now + 1000);
        const int concurrency = m_liveMetrics->concurrencyOf(name);
        busy = busy || totals.invocations > 0 || concurrency > 0;
        if (row.concurrency == concurrency && row.invocations == totals.invocations &&
            row.errors == totals.errors && row.costUsd == totals.costUsd)
            continue;
        row.concurrency = concurrency;
        row.invocations = totals.invocations;
        row.errors = totals.errors;
        row.costUsd = totals.costUsd;
        Q_EMIT dataChanged(index(at, Concurrency), index(at, Cost));
    }
    if (busy) // numbers fall as the window moves on, without a frame saying so
        scheduleNumbers();
}

int FunctionsModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : static_cast<int>(m_rows.size());
}

int FunctionsModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant FunctionsModel::data(const QModelIndex& index, int role) const
{
    if (!checkIndex(index, CheckIndexOption::IndexIsValid))
        return {};
    const Row& r = row(index.row());
    switch (role) {
    case Qt::DisplayRole:
        return display(r, index.column());
    case RawRole:
        return rawValue(r, index.column());
    case Qt::ToolTipRole:
        return toolTip(r, index.column());
    case SparkRole:
        return index.column() == Concurrency ? spark(r) : QVariant();
    case Qt::TextAlignmentRole:
        if (index.column() == Memory || index.column() >= CodeSize)
            return QVariant::fromValue(Qt::AlignRight | Qt::AlignVCenter);
        return QVariant::fromValue(Qt::AlignLeft | Qt::AlignVCenter);
    default:
        return {};
    }
}

QVariant FunctionsModel::display(const Row& row, int column) const
{
    const rpc::FunctionOverview& f = row.overview;
    switch (column) {
    case Name:
        return f.name;
    case Runtime:
        return f.runtime.isEmpty() ? f.packageType : f.runtime;
    case Memory:
        return formatMemory(f.memoryMb);
    case Architecture:
        return f.architecture;
    case State:
        return f.lastUpdateStatus == QLatin1String("InProgress") ? tr("Updating") : f.state;
    case LastModified:
        return QLocale().toString(row.lastModified.toLocalTime(), QLocale::ShortFormat);
    case CodeSize:
        return formatBytes(f.codeSize);
    case Concurrency:
        return formatCount(row.concurrency);
    case Invocations:
        return formatCount(row.invocations);
    case Errors:
        return formatCount(row.errors);
    case Cost:
        return formatUsd(row.costUsd);
    default:
        return {};
    }
}

QVariant FunctionsModel::rawValue(const Row& row, int column) const
{
    switch (column) {
    case Memory:
        return row.overview.memoryMb;
    case LastModified:
        return row.lastModified;
    case CodeSize:
        return row.overview.codeSize;
    case Concurrency:
        return row.concurrency;
    case Invocations:
        return row.invocations;
    case Errors:
        return row.errors;
    case Cost:
        return row.costUsd.toDouble();
    default:
        return display(row, column);
    }
}

QVariant FunctionsModel::toolTip(const Row& row, int column) const
{
    const rpc::FunctionOverview& f = row.overview;
    switch (column) {
    case Name:
        return f.description.isEmpty() ? f.arn : f.description + QLatin1Char('\n') + f.arn;
    case Memory:
        return formatVcpus(f.memoryMb);
    case State:
        return f.stateReason;
    case LastModified:
        return QLocale().toString(row.lastModified.toLocalTime(), QLocale::LongFormat);
    default:
        return {};
    }
}

QVariant FunctionsModel::spark(const Row& row) const
{
    constexpr int kSeconds = 60;
    QList<int> values(kSeconds, 0);
    if (!m_liveMetrics)
        return QVariant::fromValue(values);
    const qint64 first = (m_liveMetrics->nowMs() / 1000 - kSeconds + 1) * 1000;
    const auto& points = m_liveMetrics->function(row.overview.name).points();
    for (auto it = points.rbegin(); it != points.rend() && it->startMs >= first; ++it) {
        const qint64 slot = (it->startMs - first) / 1000;
        if (slot < kSeconds)
            values[slot] = std::max(values[slot], it->concurrency);
    }
    return QVariant::fromValue(values);
}

QVariant FunctionsModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return QVariant::fromValue(section == Memory || section >= CodeSize
                                       ? Qt::AlignRight | Qt::AlignVCenter
                                       : Qt::AlignLeft | Qt::AlignVCenter);
    if (role == Qt::ToolTipRole) {
        switch (section) {
        case Invocations:
            return tr("Completed invocations of the last five minutes");
        case Errors:
            return tr("Function errors of the last five minutes");
        case Cost:
            return tr("What the invocations of the last five minutes cost");
        case Concurrency:
            return tr("Invocations running at this moment, and over the last minute");
        default:
            return {};
        }
    }
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Name:
        return tr("Name");
    case Runtime:
        return tr("Runtime");
    case Memory:
        return tr("Memory");
    case Architecture:
        return tr("Architecture");
    case State:
        return tr("State");
    case LastModified:
        return tr("Last modified");
    case CodeSize:
        return tr("Code size");
    case Concurrency:
        return tr("Concurrency");
    case Invocations:
        return tr("Calls, 5 min");
    case Errors:
        return tr("Errors, 5 min");
    case Cost:
        return tr("Cost, 5 min");
    default:
        return {};
    }
}

} // namespace gantry::models
