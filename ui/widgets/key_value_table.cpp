#include "ui/widgets/key_value_table.h"

#include "ui/widgets/controls.h"
#include "ui/widgets/theme.h"

#include <QGridLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QToolButton>
#include <QVBoxLayout>

#include <algorithm>
#include <array>

namespace gantry::widgets {

struct KeyValueTable::Line {
    QLineEdit* key;
    QLineEdit* value;
    QToolButton* remove;
    QLabel* problem;

    std::array<QWidget*, 4> widgets() const { return {key, value, remove, problem}; }
};

KeyValueTable::KeyValueTable(Texts texts, Check check, QWidget* parent)
    : QWidget(parent), m_texts(std::move(texts)), m_check(std::move(check)), m_grid(new QGridLayout)
{
    m_grid->setContentsMargins(0, 0, 0, 0);
    m_grid->setHorizontalSpacing(Theme::kSpace);
    m_grid->setVerticalSpacing(Theme::kSpace / 2);
    m_grid->setColumnStretch(0, 2);
    m_grid->setColumnStretch(1, 3);
    m_add = makeButton(m_texts.objectName + QStringLiteral("Add"), m_texts.add, ButtonKind::Normal,
                       QStringLiteral("plus"));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(Theme::kSpace);
    layout->addLayout(m_grid);
    layout->addWidget(m_add, 0, Qt::AlignLeft);
    connect(m_add, &QPushButton::clicked, this, [this] {
        Line& line = addLine({}, {});
        renumber();
        line.key->setFocus();
        Q_EMIT changed();
    });
}

KeyValueTable::~KeyValueTable() = default;

QMap<QString, QString> KeyValueTable::values() const
{
    QMap<QString, QString> values;
    for (const auto& line : m_lines) {
        if (!line->key->text().isEmpty())
            values.insert(line->key->text(), line->value->text());
    }
    return values;
}

void KeyValueTable::setValues(const QMap<QString, QString>& values)
{
    while (!m_lines.empty())
        removeLine(m_lines.back().get());
    for (auto it = values.begin(); it != values.end(); ++it)
        addLine(it.key(), it.value());
    renumber();
    this->check();
}

bool KeyValueTable::isValid() const
{
    return m_valid;
}

KeyValueTable::Line& KeyValueTable::addLine(const QString& key, const QString& value)
{
    auto line = std::make_unique<Line>();
    line->key = new QLineEdit(key);
    line->key->setFont(Theme::current().font(Theme::Mono));
    line->key->setPlaceholderText(m_texts.key);
    line->value = new QLineEdit(value);
    line->value->setFont(Theme::current().font(Theme::Mono));
    line->value->setPlaceholderText(m_texts.value);
    line->remove = makeIconButton({}, QStringLiteral("trash"), {});
    line->problem = makeCaption({});
    line->problem->setProperty("tone", QStringLiteral("error"));
    line->problem->hide();
    const int row = m_grid->rowCount();
    m_grid->addWidget(line->key, row, 0);
    m_grid->addWidget(line->value, row, 1);
    m_grid->addWidget(line->remove, row, 2);
    m_grid->addWidget(line->problem, row + 1, 0, 1, 3);
    const Line* raw = line.get();
    const auto onEdit = [this] {
        this->check();
        Q_EMIT changed();
    };
    connect(line->key, &QLineEdit::textEdited, this, onEdit);
    connect(line->value, &QLineEdit::textEdited, this, onEdit);
    connect(line->remove, &QToolButton::clicked, this, [this, raw] {
        removeLine(raw);
        renumber();
        this->check();
        m_add->setFocus();
        Q_EMIT changed();
    });
    m_lines.push_back(std::move(line));
    return *m_lines.back();
}

void KeyValueTable::removeLine(const Line* line)
{
    for (QWidget* widget : line->widgets()) {
        widget->hide();
        m_grid->removeWidget(widget);
        widget->deleteLater();
    }
    std::erase_if(m_lines, [line](const auto& candidate) { return candidate.get() == line; });
}

void KeyValueTable::renumber()
{
    QWidget* before = nullptr;
    for (std::size_t i = 0; i < m_lines.size(); ++i) {
        const Line& line = *m_lines[i];
        const QString number = QString::number(i + 1);
        const QString item = m_texts.item + QLatin1Char(' ') + number;
        identify(line.key, m_texts.objectName + QStringLiteral("Key") + number,
                 tr("%1 name").arg(item));
        identify(line.value, m_texts.objectName + QStringLiteral("Value") + number,
                 tr("%1 value").arg(item));
        identify(line.remove, m_texts.objectName + QStringLiteral("Remove") + number,
                 tr("Remove %1").arg(item));
        if (before)
            setTabOrder(before, line.key);
        setTabOrder(line.key, line.value);
        setTabOrder(line.value, line.remove);
        before = line.remove;
    }
    if (before)
        setTabOrder(before, m_add);
}

QString KeyValueTable::problemOf(const Line& line) const
{
    const QString key = line.key->text();
    if (key.isEmpty())
        return line.value->text().isEmpty() ? QString() : tr("A value without a name.");
    const auto same = [&](const auto& other) { return other->key->text() == key; };
    if (std::count_if(m_lines.begin(), m_lines.end(), same) > 1)
        return tr("%1 is there twice.").arg(key);
    return m_check(key, line.value->text());
}

void KeyValueTable::check()
{
    m_valid = true;
    for (const auto& line : m_lines) {
        const QString problem = problemOf(*line);
        m_valid = m_valid && problem.isEmpty();
        line->problem->setText(problem);
        line->problem->setVisible(!problem.isEmpty());
        setStyleProperty(line->key, "invalid", !problem.isEmpty());
    }
}

} // namespace gantry::widgets
