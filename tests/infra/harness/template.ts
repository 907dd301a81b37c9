import type { Graph } from './graph.ts';
import { DATA_RULES } from './templateOfData.ts';
import { PROGRAM_RULES } from './templateOfPrograms.ts';
import type { Rules } from './templateWords.ts';

const RULES: Rules = { ...DATA_RULES, ...PROGRAM_RULES };

/**
 * The graph rewritten as a CloudFormation template, only so that cfn-lint can check what types cannot: words,
 * ranges, IAM grammar, sizes of tasks. Nothing of it is ever deployed.
 */
export function toTemplate(graph: Graph): object {
  const resources: Record<string, object> = {};
  for (const { type, name, inputs } of graph.resources) {
    const rule = RULES[type];
    if (rule === undefined) continue;
    const retained = /Table|Queue|Bucket$/.test(rule[0]) && rule[0] !== 'AWS::Glue::Table';
    resources[name] = {
      Type: rule[0],
      Properties: JSON.parse(JSON.stringify(rule[1](inputs, graph))),
      ...(retained ? { DeletionPolicy: 'Retain', UpdateReplacePolicy: 'Retain' } : {}),
    };
  }
  return { AWSTemplateFormatVersion: '2010-09-09', Resources: resources };
}
