#include "ui/pages/secrets/pasted_panel.h"

#include "ui/pages/secrets/text_table.h"
#include "ui/rpc/vault_api.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/copy_line.h"
#include "ui/widgets/message_bar.h"
#include "ui/widgets/search_field.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QFrame>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QSignalBlocker>
#include <QVBoxLayout>

#include <algorithm>

namespace gantry::ui {

using widgets::Badge;
using widgets::ButtonKind;
using widgets::Theme;

namespace {

QString placeOf(const rpc::PastedSecret& found)
{
    return found.variable.isEmpty() ? PastedPanel::tr("%1, line %2").arg(found.file).arg(found.line)
                                    : PastedPanel::tr("variable %1").arg(found.variable);
}

QString idOf(const rpc::PastedSecret& found)
{
    return found.functionName + QLatin1Char('\n') + placeOf(found);
}

} // namespace

PastedPanel::PastedPanel(rpc::VaultApi& api, widgets::MessageBar& bar, QWidget* parent)
    : QWidget(parent), m_api(api), m_bar(bar)
{
    m_search = new widgets::SearchField(QStringLiteral("pastedSearch"), tr("Filter what was found"));
    auto* again = widgets::makeButton(QStringLiteral("pastedAgain"), tr("Look again"), ButtonKind::Normal,
                                      QStringLiteral("refresh"));
    again->setToolTip(tr("Look through the environment variables and the code of every function"));
    m_summary = widgets::makeCaption({});
    m_summary->setObjectName(QStringLiteral("pastedSummary"));
    m_table = new TextTable(QStringLiteral("pastedTable"), tr("List of pasted secrets"),
                            {tr("Function"), tr("Where"), tr("Why it looks like a secret"), tr("Begins with")},
                            {200, 300, 240, 120});
    auto* top = new QHBoxLayout;
    top->setSpacing(Theme::kSpace);
    top->addWidget(m_search, 1);
    top->addWidget(again);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(top);
    layout->addWidget(m_summary);
    layout->addWidget(m_table, 1);
    layout->addWidget(makePlan());
    layout->addWidget(makeMoved());
    connect(m_search, &QLineEdit::textChanged, m_table, &TextTable::setFilter);
    connect(again, &QPushButton::clicked, this, &PastedPanel::refresh);
    connect(m_table, &TextTable::currentIdChanged, this, &PastedPanel::showCurrent);
    showCurrent();
}

QWidget* PastedPanel::makePlan()
{
    m_plan = new QLabel;
    m_plan->setObjectName(QStringLiteral("pastedPlan"));
    m_plan->setWordWrap(true);
    m_name = new QLineEdit;
    widgets::identify(m_name, QStringLiteral("pastedName"), tr("Name of the secret to make"));
    m_open = widgets::makeButton(QStringLiteral("pastedOpen"), tr("Open the function"));
    m_move = widgets::makeButton(QStringLiteral("pastedMove"), tr("Move to the store"), ButtonKind::Primary,
                                 QStringLiteral("lock"));
    connect(m_name, &QLineEdit::textChanged, this,
            [this](const QString& text) { m_move->setEnabled(current() && !text.trimmed().isEmpty()); });
    connect(m_move, &QPushButton::clicked, this, &PastedPanel::move);
    connect(m_open, &QPushButton::clicked, this, [this] {
        if (const rpc::PastedSecret* found = current())
            Q_EMIT openRequested(QStringLiteral("functions/%1/%2")
                                     .arg(found->functionName, found->variable.isEmpty()
                                                                   ? QStringLiteral("code")
                                                                   : QStringLiteral("configuration")));
    });
    auto* card = widgets::makeCard();
    auto* row = new QHBoxLayout;
    row->setSpacing(Theme::kSpace);
    row->addWidget(new QLabel(tr("Name of the secret")));
    row->addWidget(m_name, 1);
    row->addWidget(m_open);
    row->addWidget(m_move);
    widgets::cardLayout(card)->addWidget(m_plan);
    widgets::cardLayout(card)->addLayout(row);
    m_planCard = card;
    return card;
}

QWidget* PastedPanel::makeMoved()
{
    m_done = new QLabel;
    m_done->setObjectName(QStringLiteral("pastedDone"));
    m_done->setWordWrap(true);
    m_code = new widgets::CopyLine(QStringLiteral("pastedCode"), tr("Copy the code that reads the secret"));
    m_undo = widgets::makeButton(QStringLiteral("pastedUndo"), tr("Undo the move"), ButtonKind::Normal,
                                 QStringLiteral("arrow-left"));
    connect(m_undo, &QPushButton::clicked, this, &PastedPanel::undo);
    m_which = new QComboBox;
    widgets::identify(m_which, QStringLiteral("pastedMoves"), tr("Moves that can be undone"));
    connect(m_which, &QComboBox::currentIndexChanged, this, &PastedPanel::showMove);
    auto* card = widgets::makeCard();
    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(new QLabel(tr("Moved to the store")));
    head->addWidget(m_which, 1);
    head->addWidget(m_undo);
    widgets::cardLayout(card)->addLayout(head);
    widgets::cardLayout(card)->addWidget(m_done);
    widgets::cardLayout(card)->addWidget(m_code);
    m_movedCard = card;
    m_movedCard->hide();
    return card;
}

void PastedPanel::setFunction(const QString& name) { m_search->setText(name); }

void PastedPanel::refresh()
{
    m_summary->setText(tr("Looking through variables and code..."));
    m_api.listPasted({}, this, [this](const rpc::Result<rpc::PastedSecrets>& found) {
        if (found)
            return showFound(*found);
        m_summary->setText(found.error().message);
    });
    loadMoved();
}

void PastedPanel::loadMoved()
{
    m_api.listMoved(this, [this](const rpc::Result<QList<rpc::MovedSecret>>& moves) {
        if (moves)
            showMoves(*moves);
    });
}

void PastedPanel::showFound(const rpc::PastedSecrets& found)
{
    m_found = found.found;
    QList<models::TextTableModel::Row> rows;
    for (const rpc::PastedSecret& each : std::as_const(m_found))
        rows.append({idOf(each), {each.functionName, placeOf(each), each.kind, each.masked}, {}});
    m_table->setPlaceholder(m_found.isEmpty()
                                ? tr("Nothing in the variables or the code of functions looks like a secret.")
                                : tr("Nothing that was found matches."));
    m_table->setRows(rows);
    QString text = tr("Who may read a function's configuration or code reads these as well. In the store "
                      "they are encrypted, and each reader needs the right to read them.");
    if (found.truncated)
        text += QLatin1Char(' ') + tr("There was more than could be looked through.");
    m_summary->setText(text);
    showCurrent();
}

const rpc::PastedSecret* PastedPanel::current() const
{
    const QString id = m_table->currentId();
    for (const rpc::PastedSecret& each : m_found) {
        if (idOf(each) == id)
            return &each;
    }
    return nullptr;
}

void PastedPanel::showCurrent()
{
    const rpc::PastedSecret* found = current();
    m_planCard->setVisible(found);
    if (!found)
        return;
    m_name->setText(found->name);
    m_plan->setText(
        found->variable.isEmpty()
            ? tr("Makes a secret of what is in line %2 of %1, lets the role of %3 read that one secret, and "
                 "gives the function a variable with its ARN. The line is yours to change: you are shown "
                 "what to put there.")
                  .arg(found->file)
                  .arg(found->line)
                  .arg(found->functionName)
            : tr("Makes a secret of the value, lets the role of %1 read that one secret, and replaces the "
                 "variable %2 by %2_SECRET_ARN with its ARN. The code must then read the secret: you are "
                 "shown how.")
                  .arg(found->functionName, found->variable));
}

void PastedPanel::move()
{
    const rpc::PastedSecret* found = current();
    if (!found)
        return;
    m_move->setEnabled(false);
    m_api.moveToSecret(*found, m_name->text().trimmed(), this,
                       [this](const rpc::Result<rpc::MovedSecret>& moved) {
                           m_move->setEnabled(true);
                           moved ? refresh() : fail(moved.error());
                       });
}

// The one that was shown stays, unless there is a newer one.
void PastedPanel::showMoves(const QList<rpc::MovedSecret>& moves)
{
    const bool newer = !moves.isEmpty() && (m_moves.isEmpty() || m_moves.first().arn != moves.first().arn);
    const rpc::MovedSecret* shown = currentMove();
    const QString arn = newer || !shown ? QString() : shown->arn;
    m_moves = moves;
    const QSignalBlocker quiet(m_which);
    m_which->clear();
    for (const rpc::MovedSecret& each : moves)
        m_which->addItem(tr("%1 of %2, now %3").arg(placeOf(each.from), each.from.functionName, each.name),
                         each.arn);
    m_which->setCurrentIndex(std::max(0, m_which->findData(arn)));
    showMove();
}

const rpc::MovedSecret* PastedPanel::currentMove() const
{
    const int at = m_which->currentIndex();
    return at >= 0 && at < m_moves.size() ? &m_moves[at] : nullptr;
}

void PastedPanel::showMove()
{
    const rpc::MovedSecret* moved = currentMove();
    m_movedCard->setVisible(moved);
    if (!moved)
        return;
    m_done->setText(tr("The role %1 may read the secret by its policy %2, and %3 of %4 has its ARN. Read it in "
                       "the code like this, %5:")
                        .arg(moved->role, moved->policy, moved->variable, moved->from.functionName,
                             moved->from.variable.isEmpty()
                                 ? tr("instead of the literal in line %1 of %2")
                                       .arg(moved->from.line)
                                       .arg(moved->from.file)
                                 : tr("instead of the variable %1").arg(moved->from.variable)));
    m_code->setText(moved->code);
}

void PastedPanel::undo()
{
    const rpc::MovedSecret* moved = currentMove();
    if (!moved)
        return;
    m_undo->setEnabled(false);
    m_api.undoMove(*moved, this,
                   [this, name = moved->from.functionName](const rpc::Result<rpc::Nothing>& undone) {
                       m_undo->setEnabled(true);
                       if (undone)
                           m_bar.showMessage(tr("The move is undone: %1 is as it was.").arg(name),
                                             Badge::Tone::Success);
                       else
                           fail(undone.error());
                       refresh();
                   });
}

void PastedPanel::fail(const rpc::Error& error) { m_bar.showMessage(error.message, Badge::Tone::Error); }

} // namespace gantry::ui
