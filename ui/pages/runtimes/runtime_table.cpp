#include "ui/pages/runtimes/runtime_table.h"

#include "ui/models/format.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QHeaderView>
#include <QLabel>
#include <QTableView>
#include <QVBoxLayout>

namespace gantry::ui {

using widgets::Theme;

namespace {

constexpr int kRowHeight = 32;

QString stateText(const rpc::RuntimeInfo& runtime)
{
    if (!runtime.available)
        return RuntimeModel::tr("Not available");
    const QString state =
        runtime.exact ? RuntimeModel::tr("Available") : RuntimeModel::tr("Another version");
    return runtime.deprecated ? RuntimeModel::tr("%1, deprecated").arg(state) : state;
}

Theme::Role stateRole(const rpc::RuntimeInfo& runtime)
{
    if (!runtime.available)
        return Theme::MutedText;
    return runtime.exact && !runtime.deprecated ? Theme::Success : Theme::Warning;
}

} // namespace

void RuntimeModel::setRuntimes(const QList<rpc::RuntimeInfo>& runtimes)
{
    beginResetModel();
    m_runtimes = runtimes;
    endResetModel();
}

int RuntimeModel::rowCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : int(m_runtimes.size());
}

int RuntimeModel::columnCount(const QModelIndex& parent) const
{
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RuntimeModel::data(const QModelIndex& index, int role) const
{
    if (!index.isValid() || index.row() >= m_runtimes.size())
        return {};
    const rpc::RuntimeInfo& runtime = m_runtimes[index.row()];
    if (role == Qt::DecorationRole && index.column() == Id)
        return Theme::current().icon(models::iconOfRuntime(runtime.family));
    if (role == Qt::ForegroundRole && index.column() == State)
        return Theme::current().color(stateRole(runtime));
    if (role == Qt::ForegroundRole && !runtime.available)
        return Theme::current().color(Theme::MutedText);
    if (role == Qt::ToolTipRole)
        return runtime.note.isEmpty() ? runtime.interpreter : runtime.note;
    if (role != Qt::DisplayRole)
        return {};
    switch (index.column()) {
    case Id:
        return runtime.id;
    case Interpreter:
        return runtime.interpreterVersion.isEmpty()
                   ? runtime.interpreter
                   : QStringLiteral("%1  (%2)")
                         .arg(runtime.interpreter, runtime.interpreterVersion);
    case State:
        return stateText(runtime);
    case Note:
        return runtime.note;
    default:
        return {};
    }
}

QVariant RuntimeModel::headerData(int section, Qt::Orientation orientation, int role) const
{
    if (orientation != Qt::Horizontal)
        return {};
    if (role == Qt::TextAlignmentRole)
        return int(Qt::AlignLeft | Qt::AlignVCenter);
    if (role != Qt::DisplayRole)
        return {};
    switch (section) {
    case Id:
        return tr("Runtime");
    case Interpreter:
        return tr("Interpreter on this host");
    case State:
        return tr("State");
    case Note:
        return tr("Note");
    default:
        return {};
    }
}

RuntimeTable::RuntimeTable(const QString& objectName, const QString& title, QWidget* parent)
    : QFrame(parent), m_model(new RuntimeModel(this)), m_view(new QTableView(this))
{
    setProperty("card", true);
    widgets::identify(m_view, objectName, title);
    m_view->setModel(m_model);
    m_view->setFrameShape(QFrame::NoFrame);
    m_view->setProperty("plain", true);
    m_view->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_view->setSelectionMode(QAbstractItemView::SingleSelection);
    m_view->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_view->setTabKeyNavigation(false);
    m_view->verticalHeader()->hide();
    m_view->verticalHeader()->setDefaultSectionSize(kRowHeight);
    m_view->horizontalHeader()->setHighlightSections(false);
    m_view->horizontalHeader()->setStretchLastSection(true);

    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(widgets::makeHeading(title, this));
    column->addWidget(m_view);
}

void RuntimeTable::setRuntimes(const QList<rpc::RuntimeInfo>& runtimes)
{
    m_model->setRuntimes(runtimes);
    m_view->resizeColumnsToContents();
    m_view->setFixedHeight(int(runtimes.size()) * kRowHeight +
                           m_view->horizontalHeader()->sizeHint().height() + 4);
}

} // namespace gantry::ui
