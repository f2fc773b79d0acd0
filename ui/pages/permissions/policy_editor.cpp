#include "ui/pages/permissions/policy_editor.h"

#include "ui/models/known_resources.h"
#include "ui/pages/permissions/statement_form.h"
#include "ui/pages/secrets/text_table.h"
#include "ui/widgets/code_editor.h"
#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QPushButton>
#include <QScrollArea>
#include <QSplitter>
#include <QStackedWidget>
#include <QVBoxLayout>

namespace gantry::ui {

using models::PolicyDocument;
using models::PolicyStatement;
using widgets::ButtonKind;
using widgets::Theme;

namespace {
constexpr int kCheckAfterMs = 300;
constexpr int kIssuesHeight = 130;
} // namespace

PolicyEditor::PolicyEditor(rpc::AccessApi& api, models::KnownResources& known, QWidget* parent)
    : QWidget(parent), m_api(api), m_known(known)
{
    m_known.refresh();
    auto* splitter = new QSplitter;
    splitter->setChildrenCollapsible(false);
    splitter->addWidget(makeForm());
    splitter->addWidget(makeJson());
    splitter->setStretchFactor(0, 1);
    splitter->setStretchFactor(1, 1);
    splitter->setSizes({560, 600});
    m_issues = new TextTable(QStringLiteral("policyIssues"), tr("What the check found"),
                             {tr("Kind"), tr("Where"), tr("What")}, {110, 190, 480});
    m_issues->setFixedHeight(kIssuesHeight);
    m_issues->setPlaceholder(tr("Nothing is wrong with this policy."));
    m_sentences = widgets::makeCaption({});
    m_sentences->setObjectName(QStringLiteral("policySentences"));
    m_sentences->setTextInteractionFlags(Qt::TextSelectableByMouse);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(0, 0, 0, 0);
    column->setSpacing(Theme::kSpace);
    column->addWidget(splitter, 1);
    column->addWidget(m_sentences);
    column->addWidget(m_issues);
    m_checkTimer.setSingleShot(true);
    m_checkTimer.setInterval(kCheckAfterMs);
    connect(&m_checkTimer, &QTimer::timeout, this, &PolicyEditor::check);
    connect(m_issues, &TextTable::currentIdChanged, this, [this] {
        const int line = m_issues->currentId().section(QLatin1Char(':'), 0, 0).toInt();
        if (line > 0)
            m_json->goTo(line);
    });
}

QWidget* PolicyEditor::makeForm()
{
    m_which = new QComboBox;
    widgets::identify(m_which, QStringLiteral("policyStatement"), tr("Statement to edit"));
    auto* add = widgets::makeButton(QStringLiteral("statementAdd"), tr("Add statement"),
                                    ButtonKind::Normal, QStringLiteral("plus"));
    m_remove = widgets::makeButton(QStringLiteral("statementRemove"), tr("Remove statement"),
                                   ButtonKind::Flat, QStringLiteral("trash"));
    m_form = new StatementForm(m_known);
    auto* head = new QHBoxLayout;
    head->addWidget(m_which, 1);
    head->addWidget(m_remove);
    head->addWidget(add);
    auto* scroll = new QScrollArea;
    scroll->setWidgetResizable(true);
    scroll->setFrameShape(QFrame::NoFrame);
    scroll->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    scroll->setWidget(m_form);
    auto* visual = new QWidget;
    auto* column = new QVBoxLayout(visual);
    column->setContentsMargins(0, 0, Theme::kSpace, 0);
    column->addLayout(head);
    column->addWidget(scroll, 1);
    m_unreadable = widgets::makeCaption({});
    m_unreadable->setAlignment(Qt::AlignCenter);
    m_side = new QStackedWidget;
    m_side->addWidget(visual);
    m_side->addWidget(m_unreadable);
    m_side->setMinimumWidth(430);
    connect(m_which, &QComboBox::activated, this, &PolicyEditor::showStatement);
    connect(add, &QPushButton::clicked, this, &PolicyEditor::addStatement);
    connect(m_remove, &QPushButton::clicked, this, &PolicyEditor::removeStatement);
    connect(m_form, &StatementForm::edited, this, [this] {
        const int index = m_which->currentIndex();
        if (!m_document || index < 0)
            return;
        PolicyDocument changed = *m_document;
        changed.statements[index] = m_form->statement();
        write(changed, index);
    });
    return m_side;
}

QWidget* PolicyEditor::makeJson()
{
    m_json = new widgets::CodeEditor;
    m_json->setIdentity(QStringLiteral("policyJson"), tr("The policy as JSON"));
    m_json->setLanguageFor(QStringLiteral("policy.json"));
    m_undo = widgets::makeButton(QStringLiteral("policyUndo"), tr("Undo"), ButtonKind::Flat);
    m_redo = widgets::makeButton(QStringLiteral("policyRedo"), tr("Redo"), ButtonKind::Flat);
    auto* format = widgets::makeButton(QStringLiteral("policyFormat"), tr("Format"), ButtonKind::Flat);
    m_size = widgets::makeCaption({});
    auto* head = new QHBoxLayout;
    head->addWidget(m_size, 1);
    head->addWidget(m_undo);
    head->addWidget(m_redo);
    head->addWidget(format);
    auto* widget = new QWidget;
    auto* column = new QVBoxLayout(widget);
    column->setContentsMargins(Theme::kSpace, 0, 0, 0);
    column->addLayout(head);
    column->addWidget(m_json, 1);
    connect(m_undo, &QPushButton::clicked, m_json, &widgets::CodeEditor::undo);
    connect(m_redo, &QPushButton::clicked, m_json, &widgets::CodeEditor::redo);
    connect(format, &QPushButton::clicked, this, [this] {
        if (m_document)
            m_json->replaceText(m_document->toText());
    });
    connect(m_json, &widgets::CodeEditor::textChanged, this, &PolicyEditor::onText);
    return widget;
}

void PolicyEditor::setPolicy(const QString& text, rpc::PolicyUse use)
{
    m_use = use;
    m_form->setUse(use);
    m_which->setCurrentIndex(-1);
    m_json->setText(models::formatPolicyText(text));
    onText();
}

QString PolicyEditor::text() const { return m_json->text(); }

void PolicyEditor::onText()
{
    m_valid = false;
    QString error;
    int line = 0;
    const auto document = PolicyDocument::parse(m_json->text(), &error, &line);
    m_checkTimer.start();
    m_side->setCurrentIndex(document ? 0 : 1);
    if (!document) {
        m_unreadable->setText(line > 0 ? tr("The JSON cannot be read: line %1: %2").arg(line).arg(error)
                                       : tr("The form cannot show this: %1").arg(error));
        m_document.reset();
        m_sentences->clear();
    } else if (m_document != document) {
        m_document = document;
        show();
    }
    Q_EMIT changed();
}

void PolicyEditor::show()
{
    const int before = std::max(m_which->currentIndex(), 0);
    m_which->clear();
    int number = 0;
    for (const PolicyStatement& statement : m_document->statements) {
        const QString what = !statement.sid.isEmpty()       ? statement.sid
                             : statement.actions.isEmpty() ? tr("nothing yet")
                                                            : statement.actions.first();
        m_which->addItem(QStringLiteral("%1. %2 %3").arg(++number).arg(
            statement.allow ? tr("Allow") : tr("Deny"), what));
    }
    m_which->setCurrentIndex(std::min(before, m_which->count() - 1));
    m_remove->setEnabled(m_which->count() > 1);
    m_form->setEnabled(m_which->count() > 0);
    showStatement();
    const QStringList sentences = models::policySentences(*m_document);
    m_sentences->setText(sentences.mid(0, 4).join(QLatin1Char('\n')) +
                         (sentences.size() > 4 ? tr("\nand %1 more statements").arg(sentences.size() - 4)
                                               : QString()));
}

void PolicyEditor::showStatement()
{
    const int index = m_which->currentIndex();
    if (m_document && index >= 0 && m_document->statements[index] != m_form->statement())
        m_form->setStatement(m_document->statements[index]);
}

void PolicyEditor::write(const PolicyDocument& document, int statement)
{
    m_which->setCurrentIndex(std::min(statement, m_which->count() - 1));
    m_json->replaceText(document.toText());
    m_which->setCurrentIndex(statement);
    showStatement();
}

void PolicyEditor::addStatement()
{
    if (!m_document)
        return;
    PolicyDocument changed = *m_document;
    changed.statements.append(PolicyStatement());
    write(changed, int(changed.statements.size()) - 1);
}

void PolicyEditor::removeStatement()
{
    const int index = m_which->currentIndex();
    if (!m_document || index < 0)
        return;
    PolicyDocument changed = *m_document;
    changed.statements.removeAt(index);
    write(changed, std::max(index - 1, 0));
}

void PolicyEditor::check()
{
    const QString text = m_json->text();
    m_api.validate(text, m_use, this, [this, text](const rpc::Result<rpc::PolicyCheck>& check) {
        if (m_json->text() == text)
            showCheck(check);
    });
}

void PolicyEditor::showCheck(const rpc::Result<rpc::PolicyCheck>& check)
{
    QList<models::TextTableModel::Row> rows;
    m_json->clearError();
    if (!check) {
        rows.append({QStringLiteral("0:e"), {tr("Error"), {}, check.error().message}, {}});
        m_issues->setRows(rows);
        return;
    }
    m_valid = true;
    int number = 0;
    for (const rpc::PolicyIssue& issue : check->issues) {
        const QString kind = issue.severity == rpc::PolicyIssue::Error     ? tr("Error")
                             : issue.severity == rpc::PolicyIssue::Warning ? tr("Warning")
                                                                           : tr("Suggestion");
        const QString where = issue.line > 0 ? tr("line %1 %2").arg(issue.line).arg(issue.element)
                                             : issue.element;
        rows.append({QStringLiteral("%1:%2").arg(issue.line).arg(++number),
                     {kind, where, issue.message}, issue.message});
        m_valid = m_valid && issue.severity != rpc::PolicyIssue::Error;
    }
    m_issues->setRows(rows);
    m_size->setText(tr("%1 of %2 characters").arg(check->characters).arg(check->limit));
    Q_EMIT changed();
}

} // namespace gantry::ui
