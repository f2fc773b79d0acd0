#include "ui/pages/secrets/value_editor.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/key_value_table.h"
#include "ui/widgets/theme.h"

#include <QComboBox>
#include <QFormLayout>
#include <QJsonDocument>
#include <QJsonObject>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QStackedWidget>

#include <optional>
#include <utility>

namespace gantry::ui {

using widgets::ButtonKind;
using widgets::Theme;

namespace {

enum { PairsForm, RawForm };

// Nothing when the text is not a JSON object of texts alone.
std::optional<QMap<QString, QString>> toPairs(const QString& text)
{
    const QJsonDocument document = QJsonDocument::fromJson(text.toUtf8());
    if (!document.isObject() || document.object().isEmpty())
        return std::nullopt;
    QMap<QString, QString> pairs;
    const QJsonObject object = document.object();
    for (auto member = object.begin(); member != object.end(); ++member) {
        if (!member->isString())
            return std::nullopt;
        pairs.insert(member.key(), member->toString());
    }
    return pairs;
}

} // namespace

ValueEditor::ValueEditor(What what, QWidget* parent) : QFrame(parent), m_what(what)
{
    const bool secret = what == What::Secret;
    const QString prefix = secret ? QStringLiteral("secretEdit") : QStringLiteral("parameterEdit");
    setProperty("card", true);
    m_title = widgets::makeHeading({});
    m_name = new QLineEdit;
    widgets::identify(m_name, prefix + QStringLiteral("Name"), secret ? tr("Name of the secret") : tr("Name of the parameter"));
    m_name->setPlaceholderText(secret ? tr("prod/database") : tr("/prod/log-level"));
    m_description = new QLineEdit;
    widgets::identify(m_description, prefix + QStringLiteral("Description"), secret ? tr("Description of the secret")
                             : tr("Description of the parameter"));
    m_description->setPlaceholderText(tr("What it is for (optional)"));
    m_type = new QComboBox;
    widgets::identify(m_type, prefix + QStringLiteral("Type"), secret ? tr("Type of the secret") : tr("Type of the parameter"));
    m_type->addItems({QStringLiteral("SecureString"), QStringLiteral("String"),
                      QStringLiteral("StringList")});
    m_form = new QComboBox;
    widgets::identify(m_form, prefix + QStringLiteral("Form"), secret ? tr("Form of the secret's value")
                             : tr("Form of the parameter's value"));
    m_form->addItems({tr("Names and values"), tr("As it is")});
    m_pairs = new widgets::KeyValueTable(
        {prefix + QStringLiteral("Pairs"), secret ? tr("Pair") : tr("Parameter pair"), tr("name"), tr("value"), secret ? tr("Add a pair") : tr("Add a parameter pair")},
        [](const QString&, const QString&) { return QString(); });
    m_raw = new QPlainTextEdit;
    widgets::identify(m_raw, prefix + QStringLiteral("Raw"), secret ? tr("Secret value as it is") : tr("Parameter value as it is"));
    m_raw->setFont(Theme::current().font(Theme::Mono));
    m_raw->setMinimumHeight(120);
    m_stack = new QStackedWidget;
    m_stack->addWidget(m_pairs);
    m_stack->addWidget(m_raw);
    m_problem = widgets::makeCaption({});
    m_problem->setObjectName(prefix + QStringLiteral("Problem"));
    m_problem->setProperty("error", true);
    m_save = widgets::makeButton(prefix + QStringLiteral("Save"), tr("Save"), ButtonKind::Primary,
                                 QStringLiteral("save"));
    m_save->setAccessibleName(secret ? tr("Save secret") : tr("Save parameter"));
    auto* cancel =
        widgets::makeButton(prefix + QStringLiteral("Cancel"), tr("Cancel"), ButtonKind::Flat);
    cancel->setAccessibleName(secret ? tr("Cancel secret") : tr("Cancel parameter"));

    auto* form = new QFormLayout;
    form->setHorizontalSpacing(Theme::kMargin);
    form->setVerticalSpacing(Theme::kSpace);
    form->addRow(tr("Name"), m_name);
    if (secret) {
        form->addRow(tr("Description"), m_description);
        form->addRow(tr("Value as"), m_form);
        m_type->setParent(this);
        m_type->hide();
    } else {
        form->addRow(tr("Type"), m_type);
        m_description->setParent(this);
        m_description->hide();
        m_form->setParent(this);
        m_form->hide();
    }
    auto* buttons = new QHBoxLayout;
    buttons->addStretch(1);
    buttons->addWidget(cancel);
    buttons->addWidget(m_save);
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(Theme::kMargin, Theme::kMargin, Theme::kMargin, Theme::kMargin);
    column->setSpacing(Theme::kSpace);
    column->addWidget(m_title);
    column->addLayout(form);
    column->addWidget(m_stack);
    column->addWidget(m_problem);
    column->addLayout(buttons);

    connect(m_form, &QComboBox::activated, this,
            [this](int index) { setPairs(index == PairsForm); });
    connect(m_name, &QLineEdit::textChanged, this, &ValueEditor::check);
    connect(m_raw, &QPlainTextEdit::textChanged, this, &ValueEditor::check);
    connect(m_pairs, &widgets::KeyValueTable::changed, this, &ValueEditor::check);
    connect(m_save, &QPushButton::clicked, this, &ValueEditor::saveRequested);
    connect(cancel, &QPushButton::clicked, this, &ValueEditor::finish);
    check();
}

bool ValueEditor::showsPairs() const
{
    return m_what == What::Secret && m_stack->currentIndex() == PairsForm;
}

// Takes what is there along when it can be written in the other form.
void ValueEditor::setPairs(bool pairs)
{
    const QString text = value();
    if (pairs) {
        const auto parsed = toPairs(text);
        if (!parsed && !m_raw->toPlainText().isEmpty()) {
            m_form->setCurrentIndex(RawForm);
            return showProblem(tr("Only a JSON object of texts can be shown as names and values."));
        }
        m_pairs->setValues(parsed.value_or(QMap<QString, QString>()));
    } else {
        m_raw->setPlainText(m_pairs->values().isEmpty() ? QString() : text);
    }
    m_form->setCurrentIndex(pairs ? PairsForm : RawForm);
    m_stack->setCurrentIndex(pairs ? PairsForm : RawForm);
    check();
}

void ValueEditor::startNew()
{
    clear();
    m_active = true;
    m_new = true;
    m_title->setText(m_what == What::Secret ? tr("New secret") : tr("New parameter"));
    m_name->setEnabled(true);
    m_name->clear();
    m_description->clear();
    m_description->setEnabled(true);
    m_type->setEnabled(true);
    m_form->setCurrentIndex(m_what == What::Secret ? PairsForm : RawForm);
    m_stack->setCurrentIndex(m_form->currentIndex());
    check();
    m_name->setFocus();
}

void ValueEditor::startEdit(const QString& name, const QString& value, const QString& type)
{
    clear();
    m_active = true;
    m_new = false;
    m_title->setText(tr("New value of %1").arg(name));
    m_name->setText(name);
    m_name->setEnabled(false);
    m_description->setEnabled(false);
    m_type->setCurrentText(type);
    m_type->setEnabled(false);
    const auto pairs = toPairs(value);
    const bool asPairs = pairs && m_what == What::Secret;
    if (asPairs)
        m_pairs->setValues(*pairs);
    else
        m_raw->setPlainText(value);
    m_form->setCurrentIndex(asPairs ? PairsForm : RawForm);
    m_stack->setCurrentIndex(asPairs ? PairsForm : RawForm);
    check();
}

void ValueEditor::clear()
{
    m_pairs->setValues({});
    m_raw->clear();
    m_problem->clear();
}

void ValueEditor::finish()
{
    clear();
    if (std::exchange(m_active, false))
        Q_EMIT finished();
}

void ValueEditor::showProblem(const QString& text)
{
    m_problem->setText(text);
    m_problem->setVisible(!text.isEmpty());
    m_save->setEnabled(!m_name->text().trimmed().isEmpty());
}

void ValueEditor::check()
{
    m_problem->clear();
    m_problem->hide();
    const bool valued = showsPairs() ? !m_pairs->values().isEmpty() && m_pairs->isValid()
                                     : !m_raw->toPlainText().isEmpty();
    m_save->setEnabled(valued && !m_name->text().trimmed().isEmpty());
    m_save->setToolTip(m_save->isEnabled() ? tr("Save") : tr("Give it a name and a value first"));
}

QString ValueEditor::name() const { return m_name->text().trimmed(); }
QString ValueEditor::description() const { return m_description->text(); }
QString ValueEditor::type() const { return m_type->currentText(); }

QString ValueEditor::value() const
{
    if (!showsPairs())
        return m_raw->toPlainText();
    QJsonObject object;
    const QMap<QString, QString> pairs = m_pairs->values();
    for (auto pair = pairs.begin(); pair != pairs.end(); ++pair)
        object.insert(pair.key(), pair.value());
    return QString::fromUtf8(QJsonDocument(object).toJson(QJsonDocument::Compact));
}

} // namespace gantry::ui
