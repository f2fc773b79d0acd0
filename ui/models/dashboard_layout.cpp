#include "ui/models/dashboard_layout.h"

#include <QRegularExpression>
#include <QUndoCommand>

#include <algorithm>
#include <array>
#include <utility>

namespace gantry::models {

namespace {

constexpr int kTyping = 1'000'000'000; // the gesture of the keyboard in a text
constexpr int kMostNudges = 2 * kTallestTile;

QRect clamped(const QRect& place)
{
    const int width = std::clamp(place.width(), kLeastTile, kGridColumns);
    const int height = std::clamp(place.height(), kLeastTile, kTallestTile);
    return {std::clamp(place.x(), 0, kGridColumns - width), std::max(0, place.y()), width, height};
}

// The order in which tiles are put down, from the top: a tile goes past another once its leading edge
// is past the middle of it.
double orderOf(const Tile& tile, const QString& moved, int rows)
{
    const QRect& place = tile.place;
    if (tile.id != moved)
        return place.y() + place.height() / 2.0;
    return rows > 0 ? place.y() + place.height() : place.y();
}

} // namespace

QList<Tile> settled(QList<Tile> tiles, const QString& moved, const QRect& place)
{
    int rows = 0;
    for (Tile& tile : tiles) {
        tile.place = clamped(tile.place); // what comes from elsewhere may stick out
        if (tile.id != moved)
            continue;
        const QRect wanted = clamped(place);
        rows = wanted.size() == tile.place.size() ? wanted.y() - tile.place.y() : 0;
        tile.place = wanted;
    }
    QList<Tile*> order;
    for (Tile& tile : tiles)
        order.append(&tile);
    std::stable_sort(order.begin(), order.end(), [&](const Tile* a, const Tile* b) {
        return orderOf(*a, moved, rows) < orderOf(*b, moved, rows);
    });
    // Each falls upwards onto those above it.
    std::array<int, kGridColumns> filled{};
    for (Tile* tile : order) {
        const auto begin = filled.begin() + tile->place.x();
        const auto end = begin + tile->place.width();
        tile->place.moveTop(*std::max_element(begin, end));
        std::fill(begin, end, tile->place.y() + tile->place.height());
    }
    return tiles;
}

// Before and after: a dashboard is small.
class DashboardLayout::Step final : public QUndoCommand {
public:
    Step(DashboardLayout& layout, QList<Tile> after, const QString& text, const QString& tile, int gesture)
        : QUndoCommand(text), m_layout(layout), m_before(layout.m_dashboard.tiles),
          m_after(std::move(after)), m_tile(tile), m_gesture(gesture)
    {
    }
    void undo() override { m_layout.show(m_before); }
    void redo() override { m_layout.show(m_after); }
    int id() const override { return m_gesture > 0 ? m_gesture : -1; }
    bool mergeWith(const QUndoCommand* other) override
    {
        const auto* later = static_cast<const Step*>(other);
        if (later->m_tile != m_tile)
            return false;
        m_after = later->m_after;
        return true;
    }

private:
    DashboardLayout& m_layout;
    QList<Tile> m_before;
    QList<Tile> m_after;
    QString m_tile;
    int m_gesture;
};

DashboardLayout::DashboardLayout(QObject* parent) : QObject(parent) {}

const Tile* DashboardLayout::find(const QString& id) const
{
    for (const Tile& tile : m_dashboard.tiles) {
        if (tile.id == id)
            return &tile;
    }
    return nullptr;
}

void DashboardLayout::load(Dashboard dashboard)
{
    m_undo.clear();
    m_dashboard = std::move(dashboard);
    m_dashboard.tiles = settled(m_dashboard.tiles, {}, {});
    Q_EMIT changed();
}

QString DashboardLayout::add(Tile tile)
{
    if (m_dashboard.tiles.size() >= kMostTiles)
        return {};
    tile.id = freeId();
    tile.title = freeTitle(tile.title);
    // The column whose tiles end highest.
    std::array<int, kGridColumns> filled{};
    for (const Tile& one : m_dashboard.tiles) {
        const auto begin = filled.begin() + one.place.x();
        for (auto column = begin; column != begin + one.place.width(); ++column)
            *column = std::max(*column, one.place.y() + one.place.height());
    }
    tile.place = clamped(tile.place);
    int best = 0;
    const auto topAt = [&](int x) {
        return *std::max_element(filled.begin() + x, filled.begin() + x + tile.place.width());
    };
    for (int x = 1; x + tile.place.width() <= kGridColumns; ++x)
        best = topAt(x) < topAt(best) ? x : best;
    tile.place.moveTo(best, topAt(best));
    QList<Tile> tiles = m_dashboard.tiles;
    tiles.append(tile);
    apply(std::move(tiles), tr("add “%1”").arg(tile.title));
    return tile.id;
}

QString DashboardLayout::duplicate(const QString& id)
{
    const Tile* tile = find(id);
    return tile ? add(*tile) : QString();
}

void DashboardLayout::remove(const QString& id)
{
    const Tile* tile = find(id);
    if (!tile)
        return;
    const QString title = tile->title;
    QList<Tile> tiles = m_dashboard.tiles;
    tiles.removeIf([&id](const Tile& one) { return one.id == id; });
    apply(settled(std::move(tiles), {}, {}), tr("remove “%1”").arg(title));
}

void DashboardLayout::place(const QString& id, const QRect& place, int gesture)
{
    if (const Tile* tile = find(id))
        apply(settled(m_dashboard.tiles, id, place),
              place.size() == tile->place.size() ? tr("move “%1”").arg(tile->title)
                                                 : tr("resize “%1”").arg(tile->title),
              id, gesture);
}

void DashboardLayout::nudge(const QString& id, int columns, int rows, int gesture)
{
    const Tile* tile = find(id);
    if (!tile)
        return;
    QRect wanted = tile->place;
    for (int step = 0; step < kMostNudges; ++step) {
        wanted.translate(columns, rows);
        if (clamped(wanted) != wanted)
            return; // at the edge
        if (settled(m_dashboard.tiles, id, wanted) != m_dashboard.tiles)
            return place(id, wanted, gesture);
    }
}

void DashboardLayout::resize(const QString& id, int columns, int rows, int gesture)
{
    const Tile* tile = find(id);
    if (!tile)
        return;
    QRect wanted = tile->place;
    wanted.setSize(wanted.size() + QSize(columns, rows));
    wanted.setWidth(std::clamp(wanted.width(), kLeastTile, kGridColumns - wanted.x()));
    place(id, wanted, gesture);
}

void DashboardLayout::change(const Tile& tile)
{
    QList<Tile> tiles = m_dashboard.tiles;
    for (Tile& one : tiles) {
        if (one.id == tile.id)
            one = tile;
    }
    Tile typed = tile;
    const Tile* before = find(tile.id);
    if (before)
        typed.text = before->text;
    const bool onlyText = before && typed == *before;
    apply(std::move(tiles), tr("change “%1”").arg(tile.title), tile.id, onlyText ? kTyping : 0);
}

void DashboardLayout::setView(const QString& range, const QString& compare)
{
    if (m_dashboard.range == range && m_dashboard.compare == compare)
        return;
    m_dashboard.range = range;
    m_dashboard.compare = compare;
    Q_EMIT edited();
}

void DashboardLayout::setVariables(const QString& function, const QString& version)
{
    if (m_dashboard.function == function && m_dashboard.version == version)
        return;
    m_dashboard.function = function;
    m_dashboard.version = version;
    Q_EMIT changed();
    Q_EMIT edited();
}

void DashboardLayout::apply(QList<Tile> tiles, const QString& text, const QString& id, int gesture)
{
    if (tiles != m_dashboard.tiles)
        m_undo.push(new Step(*this, std::move(tiles), text, id, gesture));
}

void DashboardLayout::show(const QList<Tile>& tiles)
{
    m_dashboard.tiles = tiles;
    Q_EMIT changed();
    Q_EMIT edited();
}

QString DashboardLayout::freeId() const
{
    int number = int(m_dashboard.tiles.size()) + 1;
    while (find(QStringLiteral("t%1").arg(number)))
        ++number;
    return QStringLiteral("t%1").arg(number);
}

// "Duration", "Duration 2", "Duration 3".
QString DashboardLayout::freeTitle(const QString& title) const
{
    const auto taken = [this](const QString& wanted) {
        return std::any_of(m_dashboard.tiles.begin(), m_dashboard.tiles.end(),
                           [&wanted](const Tile& tile) { return tile.title == wanted; });
    };
    if (!taken(title))
        return title;
    static const QRegularExpression number(QStringLiteral(" \\d{1,4}$"));
    const QString stem = QString(title).remove(number);
    int next = 2;
    while (taken(QStringLiteral("%1 %2").arg(stem).arg(next)))
        ++next;
    return QStringLiteral("%1 %2").arg(stem).arg(next);
}

} // namespace gantry::models
