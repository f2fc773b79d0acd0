#include "ui/pages/functions/alias_editor.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"
#include "ui/widgets/traffic_split.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSignalBlocker>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {
const QString kLatest = QStringLiteral("$LATEST");
} // namespace

AliasEditor::AliasEditor(const QString& slot, QWidget* parent)
    : QFrame(parent), m_name(new QLineEdit), m_description(new QLineEdit), m_first(new QComboBox),
      m_second(new QComboBox),
      m_split(new widgets::TrafficSplit(QStringLiteral("aliasSplit") + slot, {})),
      m_problem(widgets::makeCaption({}))
{
    setProperty("card", true);
    setObjectName(QStringLiteral("alias") + slot);
    m_name->setObjectName(QStringLiteral("aliasName") + slot);
    m_name->setPlaceholderText(tr("Name, e.g. live"));
    m_name->setMaximumWidth(220);
    m_name->setValidator(new QRegularExpressionValidator(
        QRegularExpression(QStringLiteral("[a-zA-Z0-9-_]{1,128}")), m_name));
    m_description->setObjectName(QStringLiteral("aliasDescription") + slot);
    m_description->setPlaceholderText(tr("Description (optional)"));
    m_description->setMaxLength(256);
    m_first->setObjectName(QStringLiteral("aliasFirst") + slot);
    m_second->setObjectName(QStringLiteral("aliasSecond") + slot);
    m_problem->setProperty("tone", QStringLiteral("error"));
    m_problem->hide();
    m_save =
        widgets::makeButton(QStringLiteral("aliasSave") + slot, tr("Save"), ButtonKind::Primary);
    m_remove = widgets::makeButton(QStringLiteral("aliasRemove") + slot, tr("Delete"),
                                   ButtonKind::Flat, QStringLiteral("trash"));

    auto* head = new QHBoxLayout;
    head->setSpacing(Theme::kSpace);
    head->addWidget(m_name, 1);
    head->addWidget(m_description, 2);
    head->addWidget(m_remove);
    head->addWidget(m_save);
    auto* versions = new QHBoxLayout;
    versions->setSpacing(Theme::kSpace);
    versions->addWidget(m_first);
    versions->addWidget(m_split, 1, Qt::AlignTop);
    versions->addWidget(m_second);
    versions->setAlignment(m_first, Qt::AlignTop);
    versions->setAlignment(m_second, Qt::AlignTop);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kSpace);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(head);
    layout->addLayout(versions);
    layout->addWidget(m_problem);

    connect(m_name, &QLineEdit::textEdited, this, &AliasEditor::showState);
    connect(m_description, &QLineEdit::textEdited, this, &AliasEditor::showState);
    connect(m_first, &QComboBox::activated, this, &AliasEditor::showState);
    connect(m_second, &QComboBox::activated, this, &AliasEditor::showState);
    connect(m_split, &widgets::TrafficSplit::secondPercentChanged, this, &AliasEditor::showState);
    connect(m_save, &QPushButton::clicked, this, &AliasEditor::saveRequested);
    connect(m_remove, &QPushButton::clicked, this, &AliasEditor::removeRequested);
    showAlias();
}

void AliasEditor::setVersions(const QStringList& versions)
{
    const QString first = m_first->currentData().toString();
    const QString second = m_second->currentData().toString();
    m_first->clear();
    m_second->clear();
    m_second->addItem(tr("no second version"), QString());
    for (const QString& version : versions) {
        m_first->addItem(version == kLatest ? version : tr("Version %1").arg(version), version);
        if (version != kLatest) // the API allows no traffic split to $LATEST
            m_second->addItem(tr("Version %1").arg(version), version);
    }
    m_first->setCurrentIndex(std::max(0, m_first->findData(first)));
    m_second->setCurrentIndex(std::max(0, m_second->findData(second)));
    showState();
}

void AliasEditor::setAlias(const std::optional<rpc::Alias>& alias)
{
    const bool same = alias && m_alias && alias->name == m_alias->name;
    if (same && isDirty())
        return;
    m_alias = alias;
    showAlias();
}

void AliasEditor::showAlias()
{
    const QString name = m_alias ? m_alias->name : tr("new alias");
    m_name->setText(m_alias ? m_alias->name : QString());
    m_name->setReadOnly(m_alias.has_value());
    m_description->setText(m_alias ? m_alias->description : QString());
    m_remove->setVisible(m_alias.has_value());
    m_save->setText(m_alias ? tr("Save") : tr("Create alias"));
    const auto named = [&](QWidget* control, const QString& what) {
        control->setAccessibleName(what.arg(name));
        control->setToolTip(what.arg(name));
    };
    named(m_name, tr("Name of %1"));
    named(m_description, tr("Description of %1"));
    named(m_first, tr("First version of %1"));
    named(m_second, tr("Second version of %1"));
    named(m_save, m_alias ? tr("Save alias %1") : tr("Create the %1"));
    named(m_remove, tr("Delete alias %1"));
    m_split->setAccessibleName(tr("Traffic of %1").arg(name));
    if (m_alias) {
        m_first->setCurrentIndex(m_first->findData(m_alias->version));
        const QString second = m_alias->weights.isEmpty() ? QString() : m_alias->weights.firstKey();
        m_second->setCurrentIndex(m_second->findData(second));
        showState();
        if (!second.isEmpty())
            m_split->setSecondPercent(qRound(m_alias->weights.first() * 100));
    } else {
        m_second->setCurrentIndex(0);
    }
    m_problem->hide();
    showState();
}

void AliasEditor::setObserved(std::optional<double> secondShare)
{
    m_split->setObserved(secondShare);
}

void AliasEditor::showProblem(const QString& text)
{
    m_problem->setText(text);
    m_problem->show();
    m_save->setEnabled(true);
}

void AliasEditor::saved()
{
    m_alias.reset(); // the next setAlias() brings what the platform has
}

rpc::Alias AliasEditor::edited() const
{
    rpc::Alias alias;
    alias.name = m_name->text();
    alias.description = m_description->text();
    alias.version = m_first->currentData().toString();
    const QString second = m_second->currentData().toString();
    if (!second.isEmpty() && m_split->secondPercent() > 0)
        alias.weights.insert(second, m_split->secondPercent() / 100.0);
    if (m_alias)
        alias.revisionId = m_alias->revisionId;
    return alias;
}

bool AliasEditor::isDirty() const
{
    if (!m_alias)
        return !m_name->text().isEmpty();
    const rpc::Alias now = edited();
    return now.version != m_alias->version || now.description != m_alias->description ||
           now.weights != m_alias->weights;
}

void AliasEditor::showState()
{
    const QString first = m_first->currentData().toString();
    QString second = m_second->currentData().toString();
    const bool same = !second.isEmpty() && first == second;
    m_problem->setVisible(same);
    if (same)
        m_problem->setText(tr("The two versions must differ."));
    if (first == kLatest) { // an alias of $LATEST cannot be split
        m_second->setCurrentIndex(0);
        second.clear();
    }
    m_second->setEnabled(first != kLatest);
    m_split->setVersions(first, second);
    m_save->setEnabled(isDirty() && !same && m_name->hasAcceptableInput());
}

} // namespace gantry::ui
