#include "ui/pages/dashboard/list_tiles.h"

#include "ui/models/alarm_watch.h"
#include "ui/models/dashboard_data.h"
#include "ui/pages/alarms/alarm_state_delegate.h"
#include "ui/pages/dashboard/functions_table.h"
#include "ui/pages/monitor/log_view.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QTextBrowser>
#include <QVBoxLayout>

namespace gantry::ui {

using models::AlarmsModel;
using widgets::Theme;

namespace {

constexpr int kRowHeight = 32;

QLabel* makeEmpty(const QString& text, QWidget* parent)
{
    QLabel* label = widgets::makeCaption(text, parent);
    label->setAlignment(Qt::AlignCenter);
    return label;
}

// A document of somebody else's, maybe: it gets no file and no picture from anywhere.
class PlainBrowser final : public QTextBrowser {
public:
    using QTextBrowser::QTextBrowser;
    QVariant loadResource(int, const QUrl&) override { return {}; }
};

} // namespace

TableTile::TableTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent),
      m_table(new FunctionsTable(context.data.window(), FunctionsTable::Height::Fill, this)),
      m_empty(makeEmpty(tr("No function ran in this range"), this))
{
    QVBoxLayout* layout = makeTitled();
    layout->addWidget(m_table, 1);
    layout->addWidget(m_empty, 1);
    m_table->view()->setObjectName(QStringLiteral("functions_%1").arg(tile.id));
    setSpokenTitle(tile.title);
    connect(&context.data.window(), &models::MetricsWindow::functionsChanged, this,
            &TableTile::take);
    connect(m_table, &FunctionsTable::opened, this, [this](const QString& name) {
        Q_EMIT openRequested(QStringLiteral("functions/%1/monitor").arg(name));
    });
    take();
}

// Once a second, as the totals are added up.
void TableTile::take()
{
    m_table->refresh();
    m_table->setVisible(!m_table->isEmpty());
    m_empty->setVisible(m_table->isEmpty());
}

void TableTile::setSpokenTitle(const QString& title)
{
    m_table->view()->setAccessibleName(tr("%1 of this range").arg(title));
}

LogTile::LogTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent),
      m_log(new LogView(context.services,
                        tile.function.isEmpty() ? QStringList() : QStringList{tile.function}, this))
{
    makeTitled()->addWidget(m_log, 1);
    setSpokenTitle(tile.title);
    connect(m_log, &LogView::openRequested, this, &TileView::openRequested);
    connect(m_log, &LogView::invocationRequested, this,
            [this](const QString&, const QString& name) {
                Q_EMIT openRequested(QStringLiteral("logs/live/%1").arg(name));
            });
}

void LogTile::refresh()
{
    setSubtitle(m_tile.function.isEmpty() ? m_log->status()
                                          : tr("%1 · %2").arg(m_tile.function, m_log->status()));
}

void LogTile::setActive(bool active)
{
    m_log->setActive(active);
}

void LogTile::setSpokenTitle(const QString& title)
{
    m_log->setBare(QStringLiteral("log_%1").arg(m_tile.id), tr("%1: log lines").arg(title));
}

AlarmsTile::AlarmsTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent), m_table(new QTableView(this)),
      m_empty(makeEmpty(tr("No alarm watches this. Make one from a chart’s menu."), this))
{
    m_table->setObjectName(QStringLiteral("alarms_%1").arg(tile.id));
    m_table->setModel(&m_model);
    m_table->setProperty("plain", true);
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setSelectionMode(QAbstractItemView::SingleSelection);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setItemDelegateForColumn(AlarmsModel::State, new AlarmStateDelegate(m_table));
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_table->horizontalHeader()->hide();
    for (const int hidden : {AlarmsModel::Watches, AlarmsModel::Since, AlarmsModel::Actions})
        m_table->setColumnHidden(hidden, true);
    m_table->setColumnWidth(AlarmsModel::State, 130);
    m_table->setColumnWidth(AlarmsModel::Name, 150);
    m_table->horizontalHeader()->setStretchLastSection(true);
    const auto open = [this](const QModelIndex& index) {
        Q_EMIT openRequested(
            QStringLiteral("alarms/%1").arg(m_model.at(index.row()).settings.name));
    };
    connect(m_table, &QTableView::activated, this, open);
    QVBoxLayout* layout = makeTitled();
    layout->addWidget(m_table, 1);
    layout->addWidget(m_empty, 1);
    setSpokenTitle(tile.title);
    connect(&context.alarms, &models::AlarmWatch::changed, this, &AlarmsTile::take);
    take();
}

void AlarmsTile::take()
{
    QList<rpc::Alarm> alarms = m_context.alarms.alarms();
    if (!m_tile.function.isEmpty())
        alarms.removeIf([this](const rpc::Alarm& alarm) {
            return alarm.settings.metric.dimension(QStringLiteral("FunctionName")) !=
                   m_tile.function;
        });
    m_model.take(alarms);
    m_table->setVisible(!alarms.isEmpty());
    m_empty->setVisible(alarms.isEmpty());
    const int alarmed = m_model.count(rpc::AlarmState::Alarm);
    setSubtitle(alarms.isEmpty() ? QString()
                : alarmed == 0   ? tr("none of %1 in alarm").arg(alarms.size())
                                 : tr("%1 of %2 in alarm").arg(alarmed).arg(alarms.size()));
}

void AlarmsTile::setSpokenTitle(const QString& title)
{
    m_table->setAccessibleName(tr("%1: alarms").arg(title));
}

TextTile::TextTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent)
{
    auto* browser = new PlainBrowser(this);
    browser->setObjectName(QStringLiteral("text_%1").arg(tile.id));
    browser->setAccessibleName(tr("%1: text").arg(tile.title));
    browser->setFrameShape(QFrame::NoFrame);
    browser->setOpenLinks(false);
    browser->setMarkdown(tile.text);
    browser->viewport()->setAutoFillBackground(false);
    makeTitled()->addWidget(browser, 1);
}

UnknownTile::UnknownTile(const models::Tile& tile, const TileContext& context, QWidget* parent)
    : TileView(tile, context, parent)
{
    const QString type = tile.source.value(QLatin1String("type")).toString().left(60);
    QLabel* text =
        makeEmpty(tr("A widget of the type “%1”, which this console does not show. It is kept "
                     "as it is.")
                      .arg(type.isEmpty() ? tr("none") : type),
                  this);
    text->setTextFormat(Qt::PlainText);
    makeTitled()->addWidget(text, 1);
}

} // namespace gantry::ui
